/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PATCH/blockers: the tasks that have not changed over, each with the reason.  Other files use
 * the words for a judgement, too.  A read is a snapshot and takes no lock.
 */
#include "internal.h"
#include <neurath/kernfs.h>
#include <neurath/report.h>
#include <neurath/sched.h>
#include <neurath/string.h>

/* The word for how the task came to stand in the function that blocks it. */
static const char *klp_state_text(unsigned state)
{
	if (state == TASK_RUNNING)
		return "waits for a CPU in";
	if (state & TASK_TRACED_BIT)
		return "stopped by its tracer in";
	return state & TASK_STOPPED_BIT ? "stopped in" : "asleep in";
}

static const char *klp_verdict_text(const struct klp_judgement *look)
{
	switch (look->verdict) {
	case KLP_ARRIVED:
		break;
	case KLP_CLEAR:
		return "switches when it next passes";
	case KLP_RUNNING:
		return "running in";
	case KLP_BLOCKED:
		return klp_state_text(look->state);
	case KLP_UNRELIABLE:
		return unwind_reason_text(look->reason);
	}
	return "?";
}

/* A task chooses its own name: the name must not be able to look like another line. */
static void klp_show_name(struct seq_file *m, const char *name)
{
	for (; *name; name++) {
		if (*name == '\n' || *name == '\\')
			seq_putc(m, '\\');
		seq_putc(m, *name == '\n' ? 'n' : *name);
	}
}

/* Samples where a task that runs on another CPU is at this moment. */
static void klp_sample(struct task *task, char *where, size_t size)
{
	struct report r;

	if (report_sample(&r, task))
		return;
	if (r.n)
		ksym_sprint(where, size, r.entries[0] - 1, true);
	else
		strscpy(where, "user mode", size);
}

void klp_show_look(struct seq_file *m, struct task *task, const struct klp_judgement *look,
		   const char *what)
{
	char where[96] = "-";

	if (look->verdict == KLP_BLOCKED)
		ksym_sprint(where, sizeof(where), look->addr - 1, true);
	if (look->verdict == KLP_RUNNING)
		klp_sample(task, where, sizeof(where));
	seq_printf(m, "%d ", task->pid);
	klp_show_name(m, task->comm);
	seq_printf(m, " cpu %u %c %s%s %s", look->cpu, task_state_letter(task),
		   look->verdict == KLP_UNRELIABLE ? "unreliable stack: " : what,
		   klp_verdict_text(look), where);
}

static void klp_show_blocker(struct seq_file *m, struct task *task)
{
	struct klp_judgement look;

	if (!test_task_flag(task, TIF_PATCH_PENDING))
		return;
	klp_judge_task(task, false, &look);
	if (look.verdict == KLP_ARRIVED)
		return;
	klp_show_look(m, task, &look, "pending: ");
	seq_printf(m, " %llu ms\n",
		   (unsigned long long)((clock_ns() - task->klp_since_ns) / NSEC_PER_MSEC));
}

int klp_blockers_show(struct seq_file *m, void *private)
{
	struct task_walk walk;
	struct task *task;

	if (private != READ_ONCE(klp_transition_patch))
		return 0;
	for (task = task_walk_first(&walk); task; task = task_walk_next(&walk))
		klp_show_blocker(m, task);
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		klp_show_blocker(m, idle_task(cpu));
	return 0;
}
