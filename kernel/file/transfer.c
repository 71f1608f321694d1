/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transfers that pause and continue: include/neurath/transfer.h is the contract.  Only this file
 * decides the effect of a kick or a signal on a system call that has moved bytes.
 *
 * No locks: a transfer belongs to its task.
 */
#include <neurath/bug.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include <neurath/transfer.h>

unsigned transfer_hold_signals(void)
{
	unsigned was = current->pflags & PF_MOVING;

	current->pflags |= PF_MOVING;
	return was;
}

void transfer_release_signals(unsigned was)
{
	current->pflags = (current->pflags & ~PF_MOVING) | was;
}

void transfer_count(struct transfer *t, size_t n)
{
	t->moved += n;
	current->pflags |= PF_MOVING;
}

/* True if a signal ends @t at its present position. */
static bool transfer_must_end(const struct transfer *t)
{
	if (!test_task_flag(current, TIF_SIGPENDING))
		return false;
	return !t->whole || fatal_signal_pending(current);
}

bool transfer_interrupted(const struct transfer *t)
{
	return test_task_flag(current, TIF_NOTIFY_SIGNAL) || transfer_must_end(t);
}

ssize_t transfer_pause(struct transfer *t)
{
	assert(t->moved && !test_task_flag(current, TIF_TRANSFER));
	current->transfer = *t;
	set_task_flag(current, TIF_TRANSFER);
	/* The program does not see this value: transfer_resume() replaces it. */
	return -ERESTARTNOINTR;
}

/* One round: true if @t was interrupted and may continue, else *@ret is its result. */
static bool transfer_round(struct transfer *t, ssize_t *ret)
{
	*ret = t->go_on(t);
	transfer_release_signals(0);
	return is_restart_code(*ret) && t->moved;
}

ssize_t transfer_run(struct transfer *t)
{
	ssize_t ret;

	if (unlikely(transfer_round(t, &ret)))
		return transfer_pause(t);
	return t->end(t, t->moved ? (ssize_t)t->moved : ret);
}

bool transfer_resume(struct pt_regs *regs)
{
	struct transfer *t = &current->transfer;
	ssize_t ret;

	/* The kick has had its effect; a later kick causes another round. */
	clear_task_flag(current, TIF_NOTIFY_SIGNAL);
	if (!transfer_must_end(t)) {
		transfer_hold_signals();
		if (transfer_round(t, &ret))
			return false;
	}
	clear_task_flag(current, TIF_TRANSFER);
	regs->rax = t->end(t, t->moved);
	return true;
}
