/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way out to user mode: one loop for system calls, interrupts, exceptions and
 * the first return of a forked child.
 *
 * Entered and left with interrupts off; between two tests of the flags interrupts are on.  Code
 * that sets a flag of a running task sends its CPU an interrupt (kick_task(), rq_resched()).  The
 * interrupt comes before the last test, or after the return to user mode and so leads here again.
 *
 * notrace: the patch state changes here without a look at the stack, so no function on the stack
 * may have been patched.
 *
 * The order in a round is part of the live-patching model.  The patch state is updated before
 * signals are handled, so that delivery already runs in the new state.  Code after the update in
 * the same round must not belong to the caller of a patched function.
 */
#include <neurath/bug.h>
#include <neurath/klp_sched.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include <neurath/transfer.h>

#define EXIT_SIGNAL_MASK \
	(BIT(TIF_SIGPENDING) | BIT(TIF_NOTIFY_SIGNAL) | BIT(TIF_RESTORE_SIGMASK))

static noinline notrace void exit_work_round(struct task *t, struct pt_regs *regs)
{
	irq_enable();
	if (need_resched())
		schedule();
	race_point();
	if (test_task_flag(t, TIF_PATCH_PENDING))
		klp_update_patch_state(t);
	/*
	 * Until the transfer is over, the system call has not returned: tracers and signals wait.
	 */
	if (unlikely(test_task_flag(t, TIF_TRANSFER)) && !transfer_resume(regs))
		goto out;
	/* Signals wait until the child has released the parent's memory. */
	if (unlikely(test_task_flag(t, TIF_VFORK_WAIT)) && !process_wait_vfork())
		goto out;
	if (test_task_flag(t, TIF_SYSCALL_EXIT))
		ptrace_syscall_exit(regs);
	if (READ_ONCE(t->flags) & EXIT_SIGNAL_MASK)
		do_signal_or_restart(regs);
out:
	race_point();
	irq_disable();
}

notrace void exit_to_user_mode_loop(struct pt_regs *regs)
{
	struct task *t = current;

	debug_assert(irqs_disabled());
	debug_assert(t->state == TASK_RUNNING);
	/* A paused transfer keeps the lock of its file's offset. */
	debug_assert(t->held_count == 0 || test_task_flag(t, TIF_TRANSFER));
	while (unlikely(READ_ONCE(t->flags) & TIF_EXIT_WORK_MASK))
		exit_work_round(t, regs);
	debug_assert(t->held_count == 0);
}
