/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/PID/oom_score_adj, the willingness to kill a process for lack of memory, and oom_score,
 * its likelihood: kernel/process/oom.c.
 */
#include <neurath/oom.h>
#include "internal.h"

int proc_oom_score_show(struct seq_file *m, void *v)
{
	const struct task *t = v;

	if (!proc_task_exists(t))
		return -ESRCH;
	seq_printf(m, "%u\n", t->pflags & PF_KTHREAD ? 0 : oom_score(t->process));
	return 0;
}

static int proc_oom_adj_show(struct seq_file *m, void *v)
{
	const struct task *t = v;

	if (!proc_task_exists(t))
		return -ESRCH;
	seq_printf(m, "%d\n", READ_ONCE(t->process->oom_score_adj));
	return 0;
}

/* A user may raise the value of own processes; only root may lower it. */
static ssize_t proc_oom_adj_store(const char *buf, size_t n, void *v)
{
	struct task *t = v;
	struct process *p = t->process;
	ssize_t ret = n;
	unsigned long flags;
	int adj;

	if (kstrtoint(buf, 0, &adj) || adj < OOM_SCORE_ADJ_MIN || adj > OOM_SCORE_ADJ_MAX)
		return -EINVAL;
	if (t->pflags & PF_KTHREAD)
		return -EINVAL;
	spin_lock_irqsave(&p->lock, flags);
	if (is_superuser())
		p->oom_score_adj_min = adj;
	if (adj < p->oom_score_adj_min)
		ret = -EACCES;
	else
		WRITE_ONCE(p->oom_score_adj, adj);
	spin_unlock_irqrestore(&p->lock, flags);
	return ret;
}

const struct kernfs_file_ops proc_oom_adj_ops = {
	.show = proc_oom_adj_show, .store = proc_oom_adj_store };
