/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signal delivery on the way to user mode: which signal is next, its default action, and the
 * result of the system call that it interrupted.
 *
 * Only this file interprets the ERESTART codes; other files only return them.  After a kick
 * (TIF_NOTIFY_SIGNAL) there is no signal, so the system call starts again and the program does
 * not notice.
 */
#include <neurath/bug.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/sched.h>
#include <neurath/signal_frame.h>
#include <neurath/syscall.h>
#include <neurath/trace.h>
#include "internal.h"

/* The length of the syscall instruction: a restart executes it again. */
#define SYSCALL_INSN_SIZE	2

static bool signal_group_dying(const struct process *p)
{
	return (p->sig_flags & SIGNAL_GROUP_EXIT) ||
	       ((p->sig_flags & SIGNAL_GROUP_EXEC) && p->exec_task != current);
}

static void signal_report_stop(struct process *p)
{
	int why = p->sig_flags & SIGNAL_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;
	unsigned long flags;

	p->sig_flags &= ~SIGNAL_CLD_MASK;
	spin_unlock(&p->lock);
	spin_lock_irqsave(&tasklist_lock, flags);
	signal_notify_parent_stop(p, why);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	spin_lock(&p->lock);
}

/* A stop by the terminal does not stop an orphaned group: no shell could continue it. */
static bool signal_stop_allowed(struct process *p, int sig)
{
	unsigned long flags;
	bool orphaned;

	if (sig == SIGSTOP)
		return true;
	spin_unlock(&p->lock);
	spin_lock_irqsave(&tasklist_lock, flags);
	orphaned = pgrp_is_orphaned(p->pgrp);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	spin_lock(&p->lock);
	return !orphaned;
}

/*
 * Performs the default action of @sig.  Does not return if the process dies; otherwise
 * process->lock is held again.
 */
static void signal_default_action(struct process *p, int sig, unsigned long flags)
{
	if (sig_in(sig, SIG_SET_IGNORE))
		return;
	if ((p->sig_flags & SIGNAL_UNKILLABLE) && !sig_in(sig, SIG_SET_KERNEL_ONLY))
		return;
	if (sig_in(sig, SIG_SET_STOP)) {
		if (signal_stop_allowed(p, sig))
			signal_stop_begin(p, sig);
		return;
	}
	spin_unlock_irqrestore(&p->lock, flags);
	do_group_exit(sig);
}

/* Takes the next signal with a handler and handles all others here.  False = none left. */
static bool signal_take(struct ksignal *ks)
{
	struct process *p = current->process;
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	for (;;) {
		struct k_sigaction *action;

		if (p->sig_flags & SIGNAL_CLD_MASK) {
			signal_report_stop(p);
			continue;
		}
		if (signal_group_dying(p)) {
			spin_unlock_irqrestore(&p->lock, flags);
			do_group_exit(SIGKILL);
		}
		if (current->jobctl & JOBCTL_STOP_PENDING) {
			signal_stop_self(p, flags);
			spin_lock_irqsave(&p->lock, flags);
			continue;
		}
		if (current->jobctl & JOBCTL_TRAP_STOP) {
			ptrace_trap();
			continue;
		}
		ks->sig = signal_dequeue(current->blocked, &ks->info);
		if (!ks->sig)
			break;
		if (ks->sig == SIGTRAP && ptrace_step_is_stale())
			continue;
		if (current->trace.tracer && ks->sig != SIGKILL) {
			ks->sig = ptrace_signal(ks->sig, &ks->info);
			if (!ks->sig)
				continue;
		}
		action = &p->action[ks->sig - 1];
		if (trace_is_on(signal_deliver))
			trace_signal_deliver(ks->sig, ks->info.si_code,
					     (unsigned long)action->sa.handler, action->sa.flags);
		if (action->sa.handler == SIG_IGN)
			continue;
		if (action->sa.handler != SIG_DFL) {
			ks->action = *action;
			if (action->sa.flags & SA_RESETHAND)
				action->sa.handler = SIG_DFL;
			break;
		}
		signal_default_action(p, ks->sig, flags);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return ks->sig != 0;
}

static bool signal_in_syscall(const struct pt_regs *regs)
{
	return (long)regs->orig_rax >= 0;
}

static void signal_restart_call(struct pt_regs *regs, unsigned long nr)
{
	regs->rax = nr;
	regs->rip -= SYSCALL_INSN_SIZE;
}

/* A handler will run: decides if the interrupted call fails or starts again after it. */
static void signal_resolve_restart(const struct ksignal *ks, struct pt_regs *regs)
{
	switch ((long)regs->rax) {
	case -ERESTART_RESTARTBLOCK:
	case -ERESTARTNOHAND:
		regs->rax = -EINTR;
		break;
	case -ERESTARTSYS:
		if (!(ks->action.sa.flags & SA_RESTART)) {
			regs->rax = -EINTR;
			break;
		}
		signal_restart_call(regs, regs->orig_rax);
		break;
	case -ERESTARTNOINTR:
		signal_restart_call(regs, regs->orig_rax);
		break;
	}
}

/* No handler runs: the system call starts again, unnoticed by the program. */
static void signal_restart_silently(struct pt_regs *regs)
{
	switch ((long)regs->rax) {
	case -ERESTARTSYS:
	case -ERESTARTNOHAND:
	case -ERESTARTNOINTR:
		signal_restart_call(regs, regs->orig_rax);
		break;
	case -ERESTART_RESTARTBLOCK:
		signal_restart_call(regs, __NR_restart_syscall);
		break;
	}
}

/* The mask that the frame keeps for sigreturn: the mask before sigsuspend or ppoll. */
static sigset_t signal_mask_to_save(void)
{
	return test_task_flag(current, TIF_RESTORE_SIGMASK) ? current->saved_sigmask
							    : current->blocked;
}

static void signal_run_handler(struct ksignal *ks, struct pt_regs *regs)
{
	const struct kernel_sigaction *sa = &ks->action.sa;
	sigset_t set = current->blocked | sa->mask;
	bool stepped = current->trace.mode == TRACE_SINGLESTEP;

	if (stepped)
		arch_ptrace_set_step(regs, false);	/* not saved in the frame */
	if (signal_in_syscall(regs))
		signal_resolve_restart(ks, regs);
	if (arch_setup_signal_frame(ks, signal_mask_to_save(), regs)) {
		signal_frame_failed(ks->sig);
		return;
	}
	if (test_task_flag(current, TIF_RESTORE_SIGMASK))
		clear_task_flag(current, TIF_RESTORE_SIGMASK);
	if (!(sa->flags & SA_NODEFER))
		set |= sigmask(ks->sig);
	if (set != current->blocked)
		set_current_blocked(set);
	if (stepped)
		ptrace_handler_entered();
}

/* No room for a frame, or a bad frame at return: SIGSEGV, by default if that was the signal. */
void signal_frame_failed(int sig)
{
	struct process *p = current->process;
	unsigned long flags;

	if (sig == SIGSEGV) {
		spin_lock_irqsave(&p->lock, flags);
		p->action[SIGSEGV - 1].sa.handler = SIG_DFL;
		spin_unlock_irqrestore(&p->lock, flags);
	}
	force_sig(SIGSEGV);
}

void do_signal_or_restart(struct pt_regs *regs)
{
	struct ksignal ks;

	/* Before the test for signals: a later kick causes another round. */
	if (test_task_flag(current, TIF_NOTIFY_SIGNAL))
		clear_task_flag(current, TIF_NOTIFY_SIGNAL);
	if (test_task_flag(current, TIF_SIGPENDING) && signal_take(&ks)) {
		signal_run_handler(&ks, regs);
		return;
	}
	if (signal_in_syscall(regs))
		signal_restart_silently(regs);
	if (test_task_flag(current, TIF_RESTORE_SIGMASK)) {
		clear_task_flag(current, TIF_RESTORE_SIGMASK);
		set_current_blocked(current->saved_sigmask);
	}
}
