/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/limits: the table of resource limits, in Linux's columns. */
#include "internal.h"

static const struct {
	const char *name, *unit;
} proc_limit_names[16] = {
	{ "Max cpu time", "seconds" },
	{ "Max file size", "bytes" },
	{ "Max data size", "bytes" },
	{ "Max stack size", "bytes" },
	{ "Max core file size", "bytes" },
	{ "Max resident set", "bytes" },
	{ "Max processes", "processes" },
	{ "Max open files", "files" },
	{ "Max locked memory", "bytes" },
	{ "Max address space", "bytes" },
	{ "Max file locks", "locks" },
	{ "Max pending signals", "signals" },
	{ "Max msgqueue size", "bytes" },
	{ "Max nice priority", "" },
	{ "Max realtime priority", "" },
	{ "Max realtime timeout", "us" },
};

static void proc_show_limit(struct seq_file *m, u64 value)
{
	if (value == ~0UL)
		seq_printf(m, "%-20s ", "unlimited");
	else
		seq_printf(m, "%-20lu ", (unsigned long)value);
}

int proc_limits_show(struct seq_file *m, void *v)
{
	struct task *t = v;
	struct rlimit64 rlim[16];
	unsigned long flags;

	if (!proc_task_exists(t))
		return -ESRCH;
	spin_lock_irqsave(&t->process->lock, flags);
	memcpy(rlim, t->process->rlim, sizeof(rlim));
	spin_unlock_irqrestore(&t->process->lock, flags);
	seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (unsigned int i = 0; i < ARRAY_SIZE(rlim); i++) {
		seq_printf(m, "%-25s ", proc_limit_names[i].name);
		proc_show_limit(m, rlim[i].cur);
		proc_show_limit(m, rlim[i].max);
		seq_printf(m, "%-10s\n", proc_limit_names[i].unit);
	}
	return 0;
}
