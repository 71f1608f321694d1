/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending signals: a signal is put into the queue of a thread or of a process, and a thread that
 * can take it is woken.  A fatal signal is spread at once: each thread gets SIGKILL, so no thread
 * of a dead process continues to loop or to sleep killably.
 *
 * process->lock protects everything; the functions may be called in interrupts.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/trace.h>
#include "internal.h"

static bool signal_handler_ignores(struct process *p, int sig)
{
	unsigned long handler = p->action[sig - 1].sa.handler;

	if (handler == SIG_IGN)
		return true;
	return handler == SIG_DFL && sig_in(sig, SIG_SET_IGNORE);
}

/* True if delivery to @t would have no effect. */
static bool signal_is_dropped(struct task *t, int sig, bool force)
{
	struct process *p = t->process;

	/* A blocked signal may be waited for, or get a handler before it is unblocked. */
	if (sigismember(&t->blocked, sig) || sigismember(&t->real_blocked, sig))
		return false;
	/* The tracer may have to see the signal. */
	if (t->trace.tracer && sig != SIGKILL)
		return false;
	if ((p->sig_flags & SIGNAL_UNKILLABLE) && !force &&
	    p->action[sig - 1].sa.handler == SIG_DFL)
		return true;
	return signal_handler_ignores(p, sig);
}

static bool signal_is_fatal(struct process *p, int sig)
{
	return !sig_in(sig, SIG_SET_IGNORE | SIG_SET_STOP) &&
	       p->action[sig - 1].sa.handler == SIG_DFL;
}

void signal_wake_thread(struct task *t, bool fatal)
{
	set_task_flag(t, TIF_SIGPENDING);
	if (t == current)
		return;
	if (!wake_up_state(t, TASK_INTERRUPTIBLE | (fatal ? TASK_WAKEKILL : 0)))
		kick_task(t);
}

static void signal_kill_thread(struct task *t)
{
	t->jobctl &= ~(JOBCTL_STOP_PENDING | JOBCTL_STOP_COUNTED | JOBCTL_TRAP_STOP);
	if (t->pflags & PF_EXITING)
		return;
	t->pending.set |= sigmask(SIGKILL);
	signal_wake_thread(t, true);
}

void signal_start_group_exit(struct process *p, int code)
{
	struct task *t;

	assert_spin_held(&p->lock);
	p->sig_flags = SIGNAL_GROUP_EXIT | (p->sig_flags & SIGNAL_UNKILLABLE);
	p->group_exit_code = code;
	p->stop_count = 0;
	list_for_each_entry(t, &p->threads, thread_node)
		signal_kill_thread(t);
}

void signal_zap_other_threads(struct process *p)
{
	struct task *t;

	assert_spin_held(&p->lock);
	p->stop_count = 0;
	list_for_each_entry(t, &p->threads, thread_node) {
		if (t != current)
			signal_kill_thread(t);
	}
}

/* True if @t would soon handle @sig after a wake-up. */
static bool signal_thread_wants(struct task *t, int sig)
{
	if (sigismember(&t->blocked, sig) || (t->pflags & PF_EXITING))
		return false;
	if (sig == SIGKILL)
		return true;
	if (READ_ONCE(t->state) & (TASK_STOPPED_BIT | TASK_TRACED_BIT))
		return false;
	return !test_task_flag(t, TIF_SIGPENDING);
}

/* NULL: all threads block the signal, or will check their signals anyway. */
static struct task *signal_choose_thread(struct process *p, struct task *t, int sig, bool group)
{
	struct task *other;

	if (signal_thread_wants(t, sig))
		return t;
	if (!group)
		return NULL;
	list_for_each_entry(other, &p->threads, thread_node) {
		if (signal_thread_wants(other, sig))
			return other;
	}
	return NULL;
}

int signal_send_locked(int sig, const siginfo_t *info, struct task *t, bool group, bool force)
{
	struct process *p = t->process;
	struct task *target;
	int error;

	assert_spin_held(&p->lock);
	if ((t->pflags & PF_KTHREAD) || (p->sig_flags & SIGNAL_GROUP_EXIT) || !p->nr_live)
		return 0;
	/* A dying thread does not check its signals; its tracer may keep it in the pid table. */
	if (!group && (t->pflags & PF_EXITING))
		return 0;
	signal_stop_prepare(p, sig);
	if (signal_is_dropped(t, sig, force))
		return 0;
	if (trace_is_on(signal_generate))
		trace_signal_generate(sig, info ? info->si_code : 0, t, group);
	error = sigqueue_add(group ? &p->shared_pending : &t->pending, sig, info, p);
	if (error)
		return error;
	target = signal_choose_thread(p, t, sig, group);
	if (!target)
		return 0;
	if (signal_is_fatal(p, sig) && !sig_in(sig, SIG_SET_COREDUMP) &&
	    !sigismember(&target->real_blocked, sig) &&
	    (!target->trace.tracer || sig == SIGKILL))
		signal_start_group_exit(p, sig);
	else
		signal_wake_thread(target, sig == SIGKILL);
	return 0;
}

static bool signal_is_valid(int sig)
{
	return sig >= 1 && sig <= _NSIG;
}

int send_signal_task(int sig, const siginfo_t *info, struct task *t)
{
	unsigned long flags;
	int error;

	if (!signal_is_valid(sig))
		return -EINVAL;
	spin_lock_irqsave(&t->process->lock, flags);
	error = signal_send_locked(sig, info, t, false, false);
	spin_unlock_irqrestore(&t->process->lock, flags);
	return error;
}

int send_signal_process(int sig, const siginfo_t *info, struct process *p)
{
	unsigned long flags;
	int error = 0;

	if (!signal_is_valid(sig))
		return -EINVAL;
	spin_lock_irqsave(&p->lock, flags);
	/* To current where possible: then the signal is delivered before the call returns. */
	if (p->nr_live)
		error = signal_send_locked(sig, info, current->process == p ? current : p->leader,
					 true, false);
	spin_unlock_irqrestore(&p->lock, flags);
	return error;
}

int send_signal_pgrp_locked(int sig, const siginfo_t *info, struct process_group *pg)
{
	struct process *p;
	int error = -ESRCH;

	assert_spin_held(&tasklist_lock);
	list_for_each_entry(p, &pg->members, pgrp_node) {
		if (send_signal_process(sig, info, p) == 0)
			error = 0;
	}
	return error;
}

/* A signal that current cannot avoid: unblocked, and default if it was ignored or blocked. */
static void signal_force(int sig, const siginfo_t *info)
{
	struct process *p = current->process;
	struct k_sigaction *action = &p->action[sig - 1];
	unsigned long flags;

	assert(!(current->pflags & PF_KTHREAD));
	spin_lock_irqsave(&p->lock, flags);
	if (action->sa.handler == SIG_IGN || sigismember(&current->blocked, sig)) {
		action->sa.handler = SIG_DFL;
		current->blocked &= ~sigmask(sig);
		recalc_sigpending(current);
	}
	if (action->sa.handler == SIG_DFL)
		p->sig_flags &= ~SIGNAL_UNKILLABLE;
	signal_send_locked(sig, info, current, false, true);
	spin_unlock_irqrestore(&p->lock, flags);
}

void force_sig_fault(int sig, int code, unsigned long addr)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };

	info.si_addr = (void *)addr;
	signal_force(sig, &info);
}

void force_sig(int sig)
{
	signal_force(sig, NULL);
}

void set_notify_signal(struct task *t)
{
	if (trace_is_on(task_kick))
		trace_task_kick(t);
	set_task_flag(t, TIF_NOTIFY_SIGNAL);
	if (t != current && !wake_up_state(t, TASK_INTERRUPTIBLE | TASK_KICKABLE))
		kick_task(t);
}

bool signal_ignored_or_blocked(struct task *t, int sig)
{
	return sigismember(&t->blocked, sig) ||
	       READ_ONCE(t->process->action[sig - 1].sa.handler) == SIG_IGN;
}

/*
 * Sets the flag of any thread; clears it only for current: another thread may already have ended
 * its sleep for the flag and will check its signals.
 */
void recalc_sigpending(struct task *t)
{
	struct process *p = t->process;

	assert_spin_held(&p->lock);
	if (((t->pending.set | p->shared_pending.set) & ~t->blocked) ||
	    (t->jobctl & (JOBCTL_STOP_PENDING | JOBCTL_TRAP_STOP)) ||
	    (p->sig_flags & SIGNAL_CLD_MASK))
		set_task_flag(t, TIF_SIGPENDING);
	else if (t == current)
		clear_task_flag(t, TIF_SIGPENDING);
}

/* Shared signals for which @t was woken must not be lost with @t. */
static void signal_retarget_shared(struct process *p, struct task *t)
{
	sigset_t left = p->shared_pending.set & ~t->blocked;
	struct task *other;

	list_for_each_entry(other, &p->threads, thread_node) {
		if (!left)
			return;
		if (other == t || (other->pflags & PF_EXITING) || !(left & ~other->blocked))
			continue;
		left &= other->blocked;
		if (!test_task_flag(other, TIF_SIGPENDING))
			signal_wake_thread(other, false);
	}
}

bool signal_thread_exit(void)
{
	struct task *t = current;
	struct process *p = t->process;
	unsigned long flags;
	bool stopped, last;

	spin_lock_irqsave(&p->lock, flags);
	t->pflags |= PF_EXITING;
	clear_task_flag(t, TIF_SIGPENDING);
	flush_sigqueue(&t->pending);
	stopped = signal_stop_uncount(p, t);
	last = --p->nr_live == 0;
	if (!last && !(p->sig_flags & SIGNAL_GROUP_EXIT))
		signal_retarget_shared(p, t);
	spin_unlock_irqrestore(&p->lock, flags);
	if (stopped) {
		spin_lock_irqsave(&tasklist_lock, flags);
		signal_notify_parent_stop(p, CLD_STOPPED);
		spin_unlock_irqrestore(&tasklist_lock, flags);
	}
	return last;
}
