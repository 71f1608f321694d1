/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks. struct task_struct is the kernel's struct task. */
#ifndef LINUX_SCHED_H
#define LINUX_SCHED_H

#include <neurath/sched.h>
#include <neurath/signal.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#define task_struct	task
#define MAX_SCHEDULE_TIMEOUT	0x7fffffffffffffffL

static inline pid_t task_pid_nr(struct task_struct *t)
{
	return t->pid;
}

static inline pid_t task_tgid_nr(struct task_struct *t)
{
	return t->tgid;
}
#define task_pid_vnr(t)		task_pid_nr(t)
#define task_tgid_vnr(t)	task_tgid_nr(t)
#define get_task_struct(t)	task_get(t)
#define put_task_struct(t)	task_put(t)

#endif
