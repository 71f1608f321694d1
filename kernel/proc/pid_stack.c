/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The position of a task in the kernel: stack, wchan, and its state in a live-patch transition.
 * The stack is walked while the task is held off the CPU; if it runs on another CPU, while that
 * CPU waits in an NMI.
 */
#include <neurath/ksyms.h>
#include <neurath/mm.h>
#include <neurath/report.h>
#include <neurath/unwind.h>
#include "internal.h"

#define PROC_STACK_MAX	REPORT_STACK_ENTRIES

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
	unsigned long flags = irq_save();	/* names of modules stay during the copy */
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

/* For a running task: a guess, since it may have been interrupted at any instruction. */
static void proc_sample(struct task *t, struct proc_trace *trace, struct seq_file *m)
{
	struct report r;

	if (report_sample(&r, t))
		return;
	memcpy(trace->entries, r.entries, r.n * sizeof(r.entries[0]));
	trace->n = r.n;
	if (!r.n)
		seq_puts(m, "# in user mode\n");
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
	if (trace->reason == UNWIND_RUNNING)
		proc_sample(t, trace, m);
	for (unsigned int i = 0; i < trace->n; i++) {
		proc_format_address(line, sizeof(line), trace->entries[i], true);
		seq_printf(m, "[<0>] %s\n", line);
	}
	/* The stack may be incomplete, and live patching would not rely on it. */
	if (trace->reason != UNWIND_OK)
		seq_printf(m, "# unreliable: %s\n", unwind_reason_text(trace->reason));
	kfree(trace);
	return 0;
}

/* Functions on the stack of every sleeper, which carry no information. */
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
	if (READ_ONCE(t->state) != TASK_RUNNING && proc_task_exists(t) && proc_may_see(t)) {
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
