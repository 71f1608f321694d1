/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CPU that executes the breakpoint continues behind the slot, for any new instruction. This is right for slots that
 * become a NOP. When a slot becomes a jump, these calls run the old function, also for a task that has changed over.
 *
 * loses: P5
 * at times: P4 P6 P7 P8 P9
 */
/* splice: arch/x86_64/text_poke.c */
static notrace bool poke_emulate(struct pt_regs *regs, unsigned long addr, const u8 *slot)
{
	regs->rip = addr + SLOT_SIZE;
	return true;
}
