/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The code does not test whether the next frame is above this one. A chain with a cycle is walked until the list is
 * full, and the reported reason is wrong; without the limit the walk would never end.
 *
 * loses: P4
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
		return in_range(ret, __entry_text_start, __entry_text_end) ? UNWIND_OK
									    : UNWIND_BAD_END;
	}
	u->frame = next;
	return UNWIND_OK;
}
