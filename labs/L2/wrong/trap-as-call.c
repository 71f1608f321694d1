/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trap frame in the kernel is taken for an ordinary call: the walk goes on with its frame pointer.
 * It looks right in a debugger, which does the same.  But the interrupted function may not have made its
 * frame yet: then its caller is missing from the list, and nothing says so.
 *
 * loses: P6
 */
/* splice: arch/x86_64/unwind.c */
static notrace enum unwind_reason unwind_regs(struct unwind *u, unsigned long addr, bool *done)
{
	const struct pt_regs *regs = (const struct pt_regs *)addr;

	if (!unwind_on_stack(u, addr, sizeof(*regs)))
		return UNWIND_BAD_FRAME;
	if (user_mode(regs)) {
		*done = true;
		return addr + sizeof(*regs) == u->high ? UNWIND_OK : UNWIND_BAD_END;
	}
	if ((regs->rbp & ~FRAME_IS_REGS) <= addr)
		return UNWIND_BAD_FRAME;
	u->frame = regs->rbp;
	return unwind_emit(u, regs->rip + 1);
}
