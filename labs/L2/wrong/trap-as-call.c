/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trap frame in the kernel is treated as an ordinary call: the walk continues with its frame pointer. A debugger
 * does the same, so it looks right. But the interrupted function may not have made its frame yet: then its caller is
 * missing in the list, and the walk does not report this. The compiler warns that unwind_interrupted() is not used.
 *
 * loses: P6 P9
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
