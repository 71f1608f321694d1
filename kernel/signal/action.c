/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signal actions, masks and the alternate stack: how a process and its threads want signals to be
 * handled. process->lock protects actions and masks.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/sched.h>
#include <neurath/signal_frame.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include "internal.h"

#define SA_KNOWN (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_RESTORER | \
		  SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND)

static void signal_set_blocked_locked(sigset_t set)
{
	struct process *p = current->process;
	sigset_t newly = set & ~current->blocked;

	/* Signals for which this thread was woken and which it now blocks go to another. */
	if ((p->shared_pending.set & newly) && p->nr_live > 1) {
		struct task *t;

		list_for_each_entry(t, &p->threads, thread_node) {
			if (t != current && !(t->pflags & PF_EXITING) &&
			    (p->shared_pending.set & newly & ~t->blocked))
				signal_wake_thread(t, false);
		}
	}
	current->blocked = set;
	recalc_sigpending(current);
}

void set_current_blocked(sigset_t set)
{
	struct process *p = current->process;
	unsigned long flags;

	set &= ~SIG_SET_KERNEL_ONLY;
	spin_lock_irqsave(&p->lock, flags);
	signal_set_blocked_locked(set);
	spin_unlock_irqrestore(&p->lock, flags);
}

void set_saved_sigmask(sigset_t set)
{
	current->saved_sigmask = current->blocked;
	set_task_flag(current, TIF_RESTORE_SIGMASK);
	set_current_blocked(set);
}

SYSCALL_DEFINE4(rt_sigprocmask, int, how, const sigset_t __user *, uset, sigset_t __user *, uold,
		size_t, size)
{
	sigset_t old = current->blocked, set;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (uset) {
		if (get_user(set, uset))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			set |= old;
			break;
		case SIG_UNBLOCK:
			set = old & ~set;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		set_current_blocked(set);
	}
	return uold ? put_user(old, uold) : 0;
}

SYSCALL_DEFINE2(rt_sigpending, sigset_t __user *, uset, size_t, size)
{
	struct process *p = current->process;
	unsigned long flags;
	sigset_t set;

	if (size > sizeof(sigset_t))
		return -EINVAL;
	spin_lock_irqsave(&p->lock, flags);
	set = (current->pending.set | p->shared_pending.set) & current->blocked;
	spin_unlock_irqrestore(&p->lock, flags);
	return copy_to_user(uset, &set, size);
}

/* A change of the action to "ignore" drops pending signals (POSIX). */
static void signal_drop_ignored(struct process *p, int sig)
{
	unsigned long handler = p->action[sig - 1].sa.handler;
	struct task *t;

	if (handler != SIG_IGN && !(handler == SIG_DFL && sig_in(sig, SIG_SET_IGNORE)))
		return;
	sigqueue_discard(&p->shared_pending, sigmask(sig));
	list_for_each_entry(t, &p->threads, thread_node)
		sigqueue_discard(&t->pending, sigmask(sig));
	recalc_sigpending(current);
}

SYSCALL_DEFINE4(rt_sigaction, int, sig, const struct kernel_sigaction __user *, unew,
		struct kernel_sigaction __user *, uold, size_t, size)
{
	struct process *p = current->process;
	struct kernel_sigaction new, old;
	unsigned long flags;

	if (size != sizeof(sigset_t) || sig < 1 || sig > _NSIG)
		return -EINVAL;
	if (unew) {
		if (get_user(new, unew))
			return -EFAULT;
		if (sig_in(sig, SIG_SET_KERNEL_ONLY))
			return -EINVAL;
		new.mask &= ~SIG_SET_KERNEL_ONLY;
		/* A cleared bit shows the program that this kernel does not support it. */
		new.flags &= SA_KNOWN & ~SA_EXPOSE_TAGBITS;
	}
	spin_lock_irqsave(&p->lock, flags);
	old = p->action[sig - 1].sa;
	if (unew) {
		p->action[sig - 1].sa = new;
		signal_drop_ignored(p, sig);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

bool signal_on_altstack(unsigned long sp)
{
	const stack_t *ss = &current->altstack;

	/* An auto-disarmed stack is never in use: it was disabled at delivery. */
	if (ss->ss_flags & SS_AUTODISARM)
		return false;
	return sp > (unsigned long)ss->ss_sp && sp - (unsigned long)ss->ss_sp <= ss->ss_size;
}

int signal_set_altstack(const stack_t *new, unsigned long sp)
{
	unsigned mode = new->ss_flags & ~SS_AUTODISARM;

	if (signal_on_altstack(sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		current->altstack = (stack_t){ .ss_flags = new->ss_flags };
		return 0;
	}
	if (new->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	current->altstack = (stack_t){ new->ss_sp, new->ss_flags & SS_AUTODISARM, new->ss_size };
	return 0;
}

void signal_get_altstack(stack_t *old, unsigned long sp)
{
	const stack_t *ss = &current->altstack;

	*old = (stack_t){ .ss_sp = ss->ss_sp, .ss_size = ss->ss_size };
	old->ss_flags = ss->ss_flags & SS_AUTODISARM;
	if (!ss->ss_size)
		old->ss_flags |= SS_DISABLE;
	else if (signal_on_altstack(sp))
		old->ss_flags |= SS_ONSTACK;
}

SYSCALL_DEFINE2(sigaltstack, const stack_t __user *, unew, stack_t __user *, uold)
{
	unsigned long sp = kstack_user_regs(current->stack)->rsp;
	stack_t new, old = { 0 };
	int error;

	signal_get_altstack(&old, sp);
	if (unew) {
		if (get_user(new, unew))
			return -EFAULT;
		error = signal_set_altstack(&new, sp);
		if (error)
			return error;
	}
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

void signal_exec_reset(void)
{
	struct process *p = current->process;
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	for (int i = 0; i < _NSIG; i++) {
		struct kernel_sigaction *sa = &p->action[i].sa;

		if (sa->handler != SIG_IGN)
			sa->handler = SIG_DFL;
		sa->flags = 0;
		sa->restorer = 0;
		sa->mask = 0;
	}
	spin_unlock_irqrestore(&p->lock, flags);
	current->altstack = (stack_t){ .ss_flags = SS_DISABLE };
	current->restart.fn = NULL;
}
