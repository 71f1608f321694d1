/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stops and continuations of whole processes.
 *
 *	running -> stopping	a thread takes a stop signal: every other thread gets
 *				JOBCTL_STOP_PENDING and is counted in stop_count
 *	stopping -> stopped	the last counted thread stops (or dies)
 *	stopped -> running	SIGCONT is sent (not: delivered), or SIGKILL
 *
 * The parent is notified of both.  A continuation, and a stop that a continuation cut short, are
 * reported by the first thread that continues (SIGNAL_CLD_ bits): the sender may be an interrupt,
 * which must not take tasklist_lock.
 */
#include <neurath/bug.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/sched.h>
#include "internal.h"

static void signal_stop_cancel(struct process *p)
{
	struct task *t;

	list_for_each_entry(t, &p->threads, thread_node) {
		t->jobctl &= ~(JOBCTL_STOP_PENDING | JOBCTL_STOP_COUNTED);
		wake_up_state(t, TASK_STOPPED_BIT);
		ptrace_process_news(t);
	}
}

static void signal_stop_continue(struct process *p)
{
	struct task *t;

	if (p->sig_flags & SIGNAL_STOPPED) {
		p->sig_flags &= ~(SIGNAL_STOPPED | SIGNAL_CLD_MASK);
		p->sig_flags |= SIGNAL_CLD_CONTINUED;
		p->wait_flags = WAIT_CONTINUED;
	} else if (p->stop_count) {
		p->sig_flags |= SIGNAL_CLD_STOPPED;
	}
	p->stop_count = 0;
	if (p->sig_flags & SIGNAL_CLD_MASK) {
		/*
		 * Before the threads wake: one of them must check the bits and notify the parent.
		 * A thread that its tracer has continued may sleep elsewhere, and must check as
		 * well.
		 */
		list_for_each_entry(t, &p->threads, thread_node) {
			if (!(t->pflags & PF_EXITING))
				signal_wake_thread(t, false);
		}
	}
	signal_stop_cancel(p);
}

void signal_stop_prepare(struct process *p, int sig)
{
	sigset_t contrary;
	struct task *t;

	assert_spin_held(&p->lock);
	if (sig == SIGCONT)
		contrary = SIG_SET_STOP;
	else if (sig_in(sig, SIG_SET_STOP))
		contrary = sigmask(SIGCONT);
	else
		return;
	sigqueue_discard(&p->shared_pending, contrary);
	list_for_each_entry(t, &p->threads, thread_node)
		sigqueue_discard(&t->pending, contrary);
	if (sig == SIGCONT)
		signal_stop_continue(p);
}

void signal_stop_begin(struct process *p, int sig)
{
	struct task *t;

	assert_spin_held(&p->lock);
	if (p->sig_flags & (SIGNAL_GROUP_EXIT | SIGNAL_GROUP_EXEC))
		return;
	if (p->stop_count) {			/* another thread took a stop signal before */
		current->jobctl |= JOBCTL_STOP_PENDING;
		return;
	}
	p->stop_code = sig;
	list_for_each_entry(t, &p->threads, thread_node) {
		if ((t->pflags & PF_EXITING) || (READ_ONCE(t->state) & TASK_STOPPED_BIT))
			continue;
		t->jobctl |= JOBCTL_STOP_PENDING | JOBCTL_STOP_COUNTED;
		p->stop_count++;
		if (t != current)
			signal_wake_thread(t, false);
		if (t->trace.listening)
			ptrace_process_news(t);
	}
}

bool signal_stop_uncount(struct process *p, struct task *t)
{
	bool counted = t->jobctl & JOBCTL_STOP_COUNTED;

	assert_spin_held(&p->lock);
	t->jobctl &= ~(JOBCTL_STOP_PENDING | JOBCTL_STOP_COUNTED);
	if (!counted || --p->stop_count || (p->nr_live == 1 && (t->pflags & PF_EXITING)))
		return false;
	p->sig_flags |= SIGNAL_STOPPED;
	p->wait_flags = WAIT_STOPPED;
	return true;
}

void signal_stop_self(struct process *p, unsigned long flags)
{
	bool last, traced;

	assert_spin_held(&p->lock);
	last = signal_stop_uncount(p, current);
	traced = current->trace.tracer;
	/* Its part of the stop is one that the tracer can end: ptrace_trap() follows. */
	if (traced)
		current->jobctl |= JOBCTL_TRAP_STOP;
	else
		/* Under the lock: SIGCONT comes before this, or finds a stopped thread. */
		set_current_state(TASK_STOPPED);
	spin_unlock_irqrestore(&p->lock, flags);
	if (last) {
		spin_lock_irqsave(&tasklist_lock, flags);
		signal_notify_parent_stop(p, CLD_STOPPED);
		spin_unlock_irqrestore(&tasklist_lock, flags);
	}
	if (!traced)
		schedule();
}

void signal_notify_parent_stop(struct process *p, int why)
{
	struct process *parent = p->parent;
	siginfo_t info = { .si_signo = SIGCHLD, .si_code = why };
	unsigned long flags;
	u64 utime, stime;

	assert_spin_held(&tasklist_lock);
	/* A parent that traces the leader is notified of the stop of each thread instead. */
	if (!parent || (p->leader->trace.tracer == parent && why == CLD_STOPPED))
		return;
	process_times(p, &utime, &stime);
	info.si_chld_pid = p->pid;
	info.si_chld_uid = p->cred.uid;
	info.si_utime = utime / (NSEC_PER_SEC / 100);
	info.si_stime = stime / (NSEC_PER_SEC / 100);
	info.si_status = why == CLD_STOPPED ? p->stop_code : SIGCONT;
	spin_lock_irqsave(&parent->lock, flags);
	if (parent->nr_live && parent->action[SIGCHLD - 1].sa.handler != SIG_IGN &&
	    !(parent->action[SIGCHLD - 1].sa.flags & SA_NOCLDSTOP))
		signal_send_locked(SIGCHLD, &info, parent->leader, true, false);
	spin_unlock_irqrestore(&parent->lock, flags);
	wake_up_all(&parent->wait_child);
}
