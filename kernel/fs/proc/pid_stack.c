/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pid_stack.c - where a task is in the kernel: stack, wchan, and its state in a live-patch
 * transition.  The stack is walked while the task is held off the CPU; of a task that runs on
 * another CPU there is nothing to show.
 */
#include <neurath/ksyms.h>
#include <neurath/mm.h>
#include <neurath/unwind.h>
#include "internal.h"

#define PROC_STACK_MAX	64

struct proc_trace {
	unsigned long entries[PROC_STACK_MAX];
	unsigned int n;
	enum unwind_reason reason;
};

static int proc_walk_stack(struct task *t, void *arg)
{
	struct proc_trace *trace = arg;

	trace->n = PROC_STACK_MAX;
	if (task_running(t) && t != current) {
		trace->n = 0;
		trace->reason = UNWIND_RUNNING;
	} else {
		trace->reason = unwind_reliable(t, trace->entries, &trace->n);
	}
	return 0;
}

/* A return address belongs to the call before it. */
static int proc_format_address(char *buf, size_t size, unsigned long address, bool with_offset)
{
	unsigned long flags = irq_save();	/* names of modules stay while we copy */
	struct ksym sym;
	int n;

	if (!ksym_lookup(address - 1, &sym))
		n = scnprintf(buf, size, "0x%lx", address);
	else if (!with_offset)
		n = scnprintf(buf, size, "%s", sym.name);
	else
		n = scnprintf(buf, size, "%s+0x%lx/0x%lx%s%s%s", sym.name, address - sym.start,
			      sym.size, sym.module ? " [" : "", sym.module ? sym.module : "",
			      sym.module ? "]" : "");
	irq_restore(flags);
	return n;
}

int proc_stack_show(struct seq_file *m, void *v)
{
	struct task *t = v;
	struct proc_trace *trace;
	char line[160];

	if (!is_superuser())
		return -EACCES;
	trace = kmalloc(sizeof(*trace), GFP_KERNEL);
	if (!trace)
		return -ENOMEM;
	task_call_func(t, proc_walk_stack, trace);
	for (unsigned int i = 0; i < trace->n; i++) {
		proc_format_address(line, sizeof(line), trace->entries[i], true);
		seq_printf(m, "[<0>] %s\n", line);
	}
	/* What is shown then need not be all, and live patching would not believe it. */
	if (trace->reason != UNWIND_OK)
		seq_printf(m, "# unreliable: %s\n", unwind_reason_text(trace->reason));
	kfree(trace);
	return 0;
}

/* Functions that every sleeper is in, and that say nothing. */
static bool proc_is_sleep_function(const char *name)
{
	return strcmp(name, "arch_switch_to") == 0 || strcmp(name, "mutex_lock") == 0 ||
	       strncmp(name, "schedule", 8) == 0 || strncmp(name, "sched_", 6) == 0;
}

int proc_wchan_show(struct seq_file *m, void *v)
{
	struct task *t = v;
	struct proc_trace *trace = kmalloc(sizeof(*trace), GFP_KERNEL);
	char name[128] = "0";

	if (!trace)
		return -ENOMEM;
	if (READ_ONCE(t->state) != TASK_RUNNING && proc_task_exists(t)) {
		task_call_func(t, proc_walk_stack, trace);
		for (unsigned int i = 0; i < trace->n; i++) {
			proc_format_address(name, sizeof(name), trace->entries[i], false);
			if (!proc_is_sleep_function(name))
				break;
		}
	}
	seq_puts(m, name);
	kfree(trace);
	return 0;
}

int proc_patch_state_show(struct seq_file *m, void *v)
{
	const struct task *t = v;

	seq_printf(m, "%d\n", READ_ONCE(t->patch_state));
	return 0;
}
