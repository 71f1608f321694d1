/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An empty frame pointer ends the walk at any place. This is the first version of most students: a list ends with
 * NULL. But a stack that was overwritten with zeros ends in the same way.
 *
 * loses: P5 P8
 */
/* splice: arch/x86_64/unwind.c */
static notrace enum unwind_reason unwind_step(struct unwind *u, bool *done)
{
	unsigned long frame = u->frame, next, ret;
	enum unwind_reason reason;

	if (frame & FRAME_IS_REGS)
		return unwind_regs(u, frame & ~FRAME_IS_REGS, done);
	if (!unwind_on_stack(u, frame, 16))
		return UNWIND_BAD_FRAME;
	next = ((unsigned long *)frame)[0];
	ret = unwind_return_at(u, frame + sizeof(long));
	reason = unwind_emit(u, unwind_start_address(ret));
	if (reason != UNWIND_OK)
		return reason;
	if (next == 0) {
		*done = true;
		return UNWIND_OK;
	}
	if ((next & ~FRAME_IS_REGS) <= frame)
		return UNWIND_BAD_FRAME;
	u->frame = next;
	return UNWIND_OK;
}
