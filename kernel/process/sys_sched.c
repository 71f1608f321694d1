/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls about scheduling.  There is one policy, SCHED_OTHER; requests for
 * another are refused with -EINVAL, as Linux does for policies it does not know.
 */
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include <uapi/time.h>

#define SCHED_OTHER		0
#define SCHED_RESET_ON_FORK	0x40000000
#define PRIO_PROCESS		0
#define PRIO_PGRP		1
#define PRIO_USER		2
#define SCHED_INTERVAL		(4 * NSEC_PER_MSEC)

/* The task named by a system call, with a reference, or NULL; 0 is current. */
static struct task *sched_find_target(pid_t pid)
{
	if (pid)
		return task_find_get(pid);
	task_get(current);
	return current;
}

/* True if current may change how @t is scheduled. */
static bool sched_may_change(const struct task *t)
{
	const struct credentials *mine = &current->process->cred, *its = &t->process->cred;

	return is_superuser() || mine->euid == its->uid || mine->euid == its->euid;
}

SYSCALL_DEFINE0(sched_yield)
{
	yield();
	return 0;
}

/* ---- affinity --------------------------------------------------------------- */

SYSCALL_DEFINE3(sched_setaffinity, pid_t, pid, unsigned, len, const u64 __user *, umask)
{
	u64 mask = 0;
	struct task *t;
	long ret = 0;

	if (copy_from_user(&mask, umask, min_t(size_t, len, sizeof(mask))))
		return -EFAULT;
	t = sched_find_target(pid);
	if (!t)
		return -ESRCH;
	mask &= sched_online_mask();
	if (!sched_may_change(t))
		ret = -EPERM;
	else if (!mask || (t->pflags & PF_WORKER))
		ret = -EINVAL;
	else
		sched_set_affinity(t, mask);
	task_put(t);
	return ret;
}

SYSCALL_DEFINE3(sched_getaffinity, pid_t, pid, unsigned, len, u64 __user *, umask)
{
	struct task *t;
	u64 mask;

	if (len * 8UL < nr_cpus || len % sizeof(long))
		return -EINVAL;
	t = sched_find_target(pid);
	if (!t)
		return -ESRCH;
	mask = READ_ONCE(t->se.cpus_allowed) & sched_online_mask();
	task_put(t);
	if (copy_to_user(umask, &mask, sizeof(mask)))
		return -EFAULT;
	return sizeof(mask);
}

SYSCALL_DEFINE3(getcpu, unsigned __user *, ucpu, unsigned __user *, unode, void __user *, unused)
{
	unsigned cpu = cpu_id(), node = 0;

	if (ucpu && put_user(cpu, ucpu))
		return -EFAULT;
	if (unode && put_user(node, unode))
		return -EFAULT;
	return 0;
}

/* ---- nice ------------------------------------------------------------------- */

/* The arguments and results of getpriority() and setpriority() in a walk over tasks. */
struct priority_walk {
	int which;
	pid_t who;		/* never 0 */
	int nice;		/* value to set */
	int ret;		/* result of setting */
	int best;	/* result of getting: 20 - nice of the most favoured task; 0 = none found */
};

static void priority_set_one(struct priority_walk *w, struct task *t)
{
	if (!sched_may_change(t)) {
		w->ret = -EPERM;
	} else if (w->nice < t->se.nice && !is_superuser()) {
		w->ret = -EACCES;
	} else {
		sched_set_nice(t, w->nice);
		if (w->ret == -ESRCH)
			w->ret = 0;
	}
}

static void priority_get_one(struct priority_walk *w, struct task *t)
{
	w->best = max(w->best, 20 - READ_ONCE(t->se.nice));
}

static bool priority_matches(const struct priority_walk *w, struct task *t)
{
	struct process *p = t->process;
	unsigned long flags;
	bool match;

	if (w->which == PRIO_USER)
		return p->cred.uid == (uid_t)w->who;
	spin_lock_irqsave(&tasklist_lock, flags);
	match = p->pgrp && p->pgrp->pgid == w->who;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return match;
}

static pid_t priority_self(int which)
{
	if (which == PRIO_PROCESS)
		return current->pid;
	if (which == PRIO_USER)
		return (pid_t)current->process->cred.uid;
	return current_pgid();
}

static void priority_walk(struct priority_walk *w,
			  void (*fn)(struct priority_walk *w, struct task *t))
{
	struct task_walk walk;
	struct task *t;

	if (!w->who)
		w->who = priority_self(w->which);
	if (w->which == PRIO_PROCESS) {
		t = task_find_get(w->who);
		if (t) {
			fn(w, t);
			task_put(t);
		}
		return;
	}
	for (t = task_walk_first(&walk); t; t = task_walk_next(&walk))
		if (priority_matches(w, t))
			fn(w, t);
}

SYSCALL_DEFINE3(setpriority, int, which, pid_t, who, int, nice)
{
	struct priority_walk w = { .which = which, .who = who, .ret = -ESRCH };

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	w.nice = clamp(nice, -20, 19);
	priority_walk(&w, priority_set_one);
	return w.ret;
}

/* Returns 20 - nice, so that the result is not negative: the C library converts it back. */
SYSCALL_DEFINE2(getpriority, int, which, pid_t, who)
{
	struct priority_walk w = { .which = which, .who = who };

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	priority_walk(&w, priority_get_one);
	return w.best ? w.best : -ESRCH;
}

/* ---- policies --------------------------------------------------------------- */

static long sched_check_target(pid_t pid)
{
	struct task *t = pid < 0 ? NULL : sched_find_target(pid);

	if (!t)
		return pid < 0 ? -EINVAL : -ESRCH;
	task_put(t);
	return 0;
}

/* SCHED_OTHER has only priority 0. */
static long sched_set_policy(pid_t pid, int policy, const int __user *uprio)
{
	int prio;

	if (!uprio)
		return -EINVAL;
	if (get_user(prio, uprio))
		return -EFAULT;
	if ((policy & ~SCHED_RESET_ON_FORK) != SCHED_OTHER || prio)
		return -EINVAL;
	return sched_check_target(pid);
}

SYSCALL_DEFINE3(sched_setscheduler, pid_t, pid, int, policy, const int __user *, uprio)
{
	return sched_set_policy(pid, policy, uprio);
}

SYSCALL_DEFINE2(sched_setparam, pid_t, pid, const int __user *, uprio)
{
	return sched_set_policy(pid, SCHED_OTHER, uprio);
}

SYSCALL_DEFINE1(sched_getscheduler, pid_t, pid)
{
	long error = sched_check_target(pid);

	return error ? error : SCHED_OTHER;
}

SYSCALL_DEFINE2(sched_getparam, pid_t, pid, int __user *, uprio)
{
	long error = sched_check_target(pid);

	if (error)
		return error;
	return put_user(0, uprio) ? -EFAULT : 0;
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	return policy == SCHED_OTHER ? 0 : -EINVAL;
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	return policy == SCHED_OTHER ? 0 : -EINVAL;
}

SYSCALL_DEFINE2(sched_rr_get_interval, pid_t, pid, struct timespec __user *, utime)
{
	struct timespec interval = { .tv_nsec = SCHED_INTERVAL };
	long error = sched_check_target(pid);

	if (error)
		return error;
	return copy_to_user(utime, &interval, sizeof(interval)) ? -EFAULT : 0;
}
