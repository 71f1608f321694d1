/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any registers end the walk, and the stack is called reliable.  True for system calls, where the only
 * registers are those of user mode; false as soon as a fault in the kernel leaves some in the middle.
 *
 * loses: P5 P6
 */
/* splice: arch/x86_64/unwind.c */
static notrace enum unwind_reason unwind_regs(struct unwind *u, unsigned long addr, bool *done)
{
	if (!unwind_on_stack(u, addr, sizeof(struct pt_regs)))
		return UNWIND_BAD_FRAME;
	*done = true;
	return UNWIND_OK;
}
