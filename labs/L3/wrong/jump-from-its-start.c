/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The displacement of a jump is counted from the first byte of the instruction. The processor counts from the byte
 * behind the instruction: a CPU that traps jumps five bytes too short, into code before the target.
 *
 * loses: P5
 * at times: P4 P6 P7 P8 P9
 */
/* splice: arch/x86_64/text_poke.c */
static notrace bool poke_emulate(struct pt_regs *regs, unsigned long addr, const u8 *slot)
{
	s32 rel = 0;

	if (slot[0] != JMP_INSN && slot[0] != nop_slot[0])
		return false;
	if (slot[0] == JMP_INSN) {
		__builtin_memcpy(&rel, slot + 1, sizeof(rel));
		regs->rip = addr + (s64)rel;
	} else {
		regs->rip = addr + SLOT_SIZE;
	}
	return true;
}
