/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait4 and waitid: the changes of state of children, and of the tasks that the process traces.
 * Both belong to the process, whichever thread created or traced them.  A report is consumed once
 * (with WNOWAIT it stays).  Everything is decided under tasklist_lock and copied to the user
 * after its release.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include <uapi/resource.h>
#include <uapi/wait.h>
#include "internal.h"

#define STATUS_STOPPED(sig)	((sig) << 8 | 0x7f)
#define STATUS_CONTINUED	0xffff

/* The question and the answer of one call. */
struct wait_query {
	unsigned type;			/* P_ALL, P_PID, P_PGID */
	pid_t id;
	unsigned options;
	/* The answer */
	int status;			/* of wait4 */
	siginfo_t info;			/* of waitid */
	struct rusage usage;
};

static void wait_fill_times(struct rusage *ru, u64 user, u64 sys)
{
	ru->utime.sec = user / NSEC_PER_SEC;
	ru->utime.usec = user % NSEC_PER_SEC / NSEC_PER_USEC;
	ru->stime.sec = sys / NSEC_PER_SEC;
	ru->stime.usec = sys % NSEC_PER_SEC / NSEC_PER_USEC;
}

static void wait_fill_usage(struct wait_query *q, struct process *child)
{
	u64 user, sys;

	process_times(child, &user, &sys);
	memset(&q->usage, 0, sizeof(q->usage));
	q->usage.minflt = child->min_flt;
	wait_fill_times(&q->usage, user + child->cutime, sys + child->cstime);
}

static bool wait_wants(const struct wait_query *q, struct process *child)
{
	bool is_clone = child->exit_signal != SIGCHLD;

	if (q->type == P_PID && child->pid != q->id)
		return false;
	if (q->type == P_PGID && child->pgrp->pgid != q->id)
		return false;
	return (q->options & __WALL) || is_clone == !!(q->options & __WCLONE);
}

static void wait_collect_zombie(struct wait_query *q, struct process *child)
{
	struct process *me = current->process;
	u64 user, sys;

	q->status = process_wait_status(child);
	process_exit_info(child, &q->info);
	wait_fill_usage(q, child);
	if (q->options & WNOWAIT)
		return;
	process_times(child, &user, &sys);
	me->cutime += user + child->cutime;
	me->cstime += sys + child->cstime;
	process_reap(child);
}

static void wait_fill_stop_info(struct wait_query *q, struct process *child, int code, int status)
{
	memset(&q->info, 0, sizeof(q->info));
	q->info.si_signo = SIGCHLD;
	q->info.si_code = code;
	q->info.si_chld_pid = child->pid;
	q->info.si_chld_uid = child->cred.uid;
	q->info.si_status = status;
	wait_fill_usage(q, child);
}

/* Takes a stop or continuation that has not been reported yet. */
static bool wait_collect_stop(struct wait_query *q, struct process *child)
{
	bool consume = !(q->options & WNOWAIT), stopped = false, continued = false;
	unsigned long flags;

	if (!(q->options & (WSTOPPED | WCONTINUED)))
		return false;
	spin_lock_irqsave(&child->lock, flags);
	/* For its tracees, a process sees the stop of each thread instead. */
	if ((q->options & WSTOPPED) && (child->wait_flags & WAIT_STOPPED) &&
	    (child->sig_flags & SIGNAL_STOPPED) && child->leader->trace.tracer != current->process)
		stopped = true;
	else if ((q->options & WCONTINUED) && (child->wait_flags & WAIT_CONTINUED))
		continued = true;
	if (consume && (stopped || continued))
		child->wait_flags = 0;
	spin_unlock_irqrestore(&child->lock, flags);
	if (stopped) {
		q->status = STATUS_STOPPED(child->stop_code);
		wait_fill_stop_info(q, child, CLD_STOPPED, child->stop_code);
	} else if (continued) {
		q->status = STATUS_CONTINUED;
		wait_fill_stop_info(q, child, CLD_CONTINUED, SIGCONT);
	}
	return stopped || continued;
}

/* ---- tracees ------------------------------------------------------------------ */

/* A tracee of any kind, and a child of any process. */
static bool wait_wants_tracee(const struct wait_query *q, struct task *t)
{
	if (q->type == P_PID)
		return t->pid == q->id;
	return q->type == P_ALL || (t->process->pgrp && t->process->pgrp->pgid == q->id);
}

static void wait_fill_tracee_info(struct wait_query *q, struct task *t)
{
	memset(&q->info, 0, sizeof(q->info));
	q->info.si_signo = SIGCHLD;
	q->info.si_chld_pid = t->pid;
	q->info.si_chld_uid = t->process->cred.uid;
	wait_fill_usage(q, t->process);
}

/* The tracer sees a death first, then the parent. */
static bool wait_collect_dead_tracee(struct wait_query *q, struct task *t)
{
	struct process *p = t->process;
	bool whole = t == p->leader && p->state == PROCESS_ZOMBIE;

	if (!(q->options & WEXITED) || (!whole && !t->trace.zombie))
		return false;
	if (whole && p->parent == current->process) {
		wait_collect_zombie(q, p);
		return true;
	}
	q->status = whole ? process_wait_status(p) : t->exit_code;
	wait_fill_tracee_info(q, t);
	wait_fill_exit(&q->info, q->status);
	if (q->options & WNOWAIT)
		return true;
	ptrace_unlink(t);
	if (whole)
		exit_show_zombie(p);
	else
		task_unpublish(t);
	return true;
}

static bool wait_collect_tracee(struct wait_query *q, struct task *t)
{
	unsigned long flags;
	bool stopped;
	int code;

	if (wait_collect_dead_tracee(q, t))
		return true;
	spin_lock_irqsave(&t->process->lock, flags);
	stopped = t->trace.stop != TRACE_RUNNING && t->trace.unreported;
	code = t->trace.code;
	if (stopped && !(q->options & WNOWAIT))
		t->trace.unreported = false;
	spin_unlock_irqrestore(&t->process->lock, flags);
	if (!stopped)
		return false;
	q->status = STATUS_STOPPED(code);
	wait_fill_tracee_info(q, t);
	q->info.si_code = CLD_TRAPPED;
	q->info.si_status = code;
	return true;
}

/* Like wait_scan(), which has found @error for the children. */
static int wait_scan_tracees(struct wait_query *q, int error)
{
	struct task *t;

	list_for_each_entry(t, &current->process->tracees, trace.node) {
		pid_t pid = t->pid;

		if (!wait_wants_tracee(q, t))
			continue;
		error = 0;
		if (wait_collect_tracee(q, t))
			return pid;
	}
	return error;
}

/* ---- the call ------------------------------------------------------------------- */

/* The pid of the child if it has news; 0 = none now; -ECHILD = it is not waited for. */
static int wait_look_at(struct wait_query *q, struct process *child)
{
	pid_t pid = child->pid;

	if (!wait_wants(q, child))
		return -ECHILD;
	if (child->state != PROCESS_ZOMBIE)
		return wait_collect_stop(q, child) ? pid : 0;
	if (!(q->options & WEXITED) || ptrace_hides_zombie(child))
		return 0;
	wait_collect_zombie(q, child);
	return pid;
}

/* The same for all children: a look at the dead, which come first, and at one of the living. */
static int wait_scan_children(struct wait_query *q)
{
	bool stops = q->options & (WSTOPPED | WCONTINUED);
	struct process *child;
	int ret = -ECHILD;

	if (q->type == P_PID) {
		child = process_find(q->id);
		if (!child || child->parent != current->process)
			return -ECHILD;
		return wait_look_at(q, child);
	}
	list_for_each_entry(child, &current->process->children, sibling) {
		int found = wait_look_at(q, child);

		if (found > 0)
			return found;
		if (found == 0)
			ret = 0;
		/* The others are alive, too: they can have stopped, but they have not died. */
		if (found == 0 && !stops && child->state != PROCESS_ZOMBIE)
			break;
	}
	return ret;
}

/* The pid of a child or tracee with news; 0 = none now; -ECHILD = nothing to wait for. */
static int wait_scan(struct wait_query *q)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&tasklist_lock, flags);
	ret = wait_scan_children(q);
	if (ret <= 0)
		ret = wait_scan_tracees(q, ret);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return ret;
}

static int wait_for_child(struct wait_query *q)
{
	int ret, error;

	if (q->options & WNOHANG)
		return wait_scan(q);
	error = wait_event_interruptible(current->process->wait_child, (ret = wait_scan(q)) != 0);
	return error ? error : ret;
}

SYSCALL_DEFINE4(wait4, pid_t, pid, int __user *, ustatus, int, options, struct rusage __user *,
		uusage)
{
	struct wait_query q = { .options = (unsigned)options | WEXITED };
	int ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | (int)__WCLONE))
		return -EINVAL;
	if (pid == (int)0x80000000)
		return -ESRCH;
	if (pid > 0) {
		q.type = P_PID;
		q.id = pid;
	} else if (pid < -1) {
		q.type = P_PGID;
		q.id = -pid;
	} else if (pid == 0) {
		q.type = P_PGID;
		q.id = current_pgid();
	}
	ret = wait_for_child(&q);
	if (ret <= 0)
		return ret;
	if (ustatus && put_user(q.status, ustatus))
		return -EFAULT;
	if (uusage && copy_to_user(uusage, &q.usage, sizeof(q.usage)))
		return -EFAULT;
	return ret;
}

SYSCALL_DEFINE5(waitid, unsigned, type, pid_t, id, siginfo_t __user *, uinfo, int, options,
		struct rusage __user *, uusage)
{
	struct wait_query q = { .type = type, .id = id, .options = options };
	int ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			__WALL | (int)__WCLONE))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)) || type > P_PGID)
		return -EINVAL;
	if (type != P_ALL && (id < 0 || (type == P_PID && id == 0)))
		return -EINVAL;
	if (type == P_PGID && id == 0)
		q.id = current_pgid();
	ret = wait_for_child(&q);
	if (ret < 0)
		return ret;
	if (uusage && ret && copy_to_user(uusage, &q.usage, sizeof(q.usage)))
		return -EFAULT;
	/* If there is nothing to report, si_signo and si_pid are 0. */
	if (uinfo && copy_to_user(uinfo, &q.info, sizeof(q.info)))
		return -EFAULT;
	return 0;
}

/* ---- getrusage, times ------------------------------------------------------ */

static int rusage_fill(struct rusage *ru, int who)
{
	struct process *p = current->process;
	unsigned long flags;
	u64 user, sys;

	switch (who) {
	case RUSAGE_SELF:
		process_times(p, &user, &sys);
		ru->minflt = p->min_flt;
		ru->nvcsw = current->se.nvcsw;
		ru->nivcsw = current->se.nivcsw;
		break;
	case RUSAGE_CHILDREN:
		spin_lock_irqsave(&tasklist_lock, flags);
		user = p->cutime;
		sys = p->cstime;
		spin_unlock_irqrestore(&tasklist_lock, flags);
		break;
	case RUSAGE_THREAD:
		task_cputime(current, &user, &sys);
		break;
	default:
		return -EINVAL;
	}
	wait_fill_times(ru, user, sys);
	return 0;
}

SYSCALL_DEFINE2(getrusage, int, who, struct rusage __user *, uusage)
{
	struct rusage ru = { 0 };
	int error = rusage_fill(&ru, who);

	return error ? error : copy_to_user(uusage, &ru, sizeof(ru));
}

/* In ticks of 1/100 s. */
struct tms {
	long utime, stime, cutime, cstime;
};

SYSCALL_DEFINE1(times, struct tms __user *, utms)
{
	struct process *p = current->process;
	const u64 tick = NSEC_PER_SEC / 100;
	struct tms tms;
	u64 user, sys;

	if (utms) {
		process_times(p, &user, &sys);
		tms = (struct tms){ user / tick, sys / tick, p->cutime / tick, p->cstime / tick };
		if (copy_to_user(utms, &tms, sizeof(tms)))
			return -EFAULT;
	}
	return clock_ns() / tick;
}
