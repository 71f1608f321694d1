/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task without a stack gets the result "broken". This looks careful, but a dead task returns into no function, and
 * a zombie whose parent does not wait for it would block every patch.
 *
 * loses: P2
 */
/* splice: arch/x86_64/unwind.c */
notrace enum unwind_reason unwind_reliable(struct task *task, unsigned long *entries, unsigned *n)
{
	struct unwind u = { .entries = entries, .room = *n, .hooked = task->returns };
	enum unwind_reason reason;

	*n = 0;
	if (!task->stack)
		return UNWIND_BAD_END;
	u.low = (unsigned long)task->stack;
	u.high = u.low + KSTACK_SIZE;
	if (task == current)
		u.frame = (unsigned long)__builtin_frame_address(0);
	else if (task_running(task))
		return UNWIND_RUNNING;
	else
		u.frame = task->kernel_sp + SWITCH_FRAME_WORDS * sizeof(long);
	reason = unwind_walk(&u);
	*n = u.n;
	return reason;
}
