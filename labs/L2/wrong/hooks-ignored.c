/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The return address is read from the stack, also if the function graph tracer has hooked it: the list then has the
 * tracer's stub in the place of the caller. All stacks are right until somebody turns the tracer on.
 *
 * loses: P3 P5
 */
/* splice: arch/x86_64/unwind.c */
static notrace enum unwind_reason unwind_call(struct unwind *u, unsigned long frame,
					      unsigned long next, bool *done)
{
	unsigned long ret = ((unsigned long *)frame)[1];
	enum unwind_reason reason = unwind_emit(u, unwind_start_address(ret));

	if (reason != UNWIND_OK)
		return reason;
	if (next == 0) {
		*done = true;
		return in_range(ret, __entry_text_start, __entry_text_end) ? UNWIND_OK
									    : UNWIND_BAD_END;
	}
	if ((next & ~FRAME_IS_REGS) <= frame)
		return UNWIND_BAD_FRAME;
	u->frame = next;
	return UNWIND_OK;
}
