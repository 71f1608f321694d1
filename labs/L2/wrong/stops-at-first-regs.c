/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any registers end the walk, and the stack counts as reliable. This is right for system calls, which have only the
 * registers of user mode; it is wrong after a fault in the kernel, which leaves registers in the middle of the stack.
 * The compiler warns that unwind_interrupted() is not used.
 *
 * loses: P5 P6 P9
 */
/* splice: arch/x86_64/unwind.c */
static notrace enum unwind_reason unwind_regs(struct unwind *u, unsigned long addr, bool *done)
{
	if (!unwind_on_stack(u, addr, sizeof(struct pt_regs)))
		return UNWIND_BAD_FRAME;
	*done = true;
	return UNWIND_OK;
}
