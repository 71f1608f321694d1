/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of a kernel function that was interrupted at any instruction.
 *
 *	slot, other instructions	no frame	return address on top, rbp is the caller's
 *	push %rbp			no frame
 *	other instructions		half a frame	the caller's rbp on top
 *	mov %rsp,%rbp			half a frame
 *	body, pop %rbp or leave		whole frame
 *	other instructions, ret		no frame	return address on top, rbp is the caller's
 *
 * The build proves (tools/framecheck.py) for every function outside of .entry.text, of the kernel
 * and of modules, that there is no other case: everything up to the one mov %rsp,%rbp, whose bytes
 * are the first such bytes, has no frame or half a frame, and everything behind has a whole frame
 * or is an end.  A function without the mov is a leaf that does not use the stack.
 *
 * Before the mov, the word on top decides: a return address is in text, and the caller's rbp is a
 * place on the stack or 0.  Behind the mov, an end has the return address on top.  So if the word
 * on top is no address of text, the frame is whole.  If it is one, only the ret itself is known to
 * be an end: a body may have such a word on top, too.
 *
 * Everything else has no symbol, or is in .entry.text: selectors, trampolines, entries.
 *
 * notrace, like the unwinder: code that judges hooks has no hooks.
 */
#include <neurath/hook.h>
#include <neurath/ksyms.h>
#include "frame_state.h"

extern const char __entry_text_start[], __entry_text_end[];

/*
 * GCC moves instructions before and between the two that make a frame, but only a few.  The bytes
 * of a slot change while the kernel runs, and are not searched.
 */
#define FRAME_SEARCHED	64
#define FRAME_SET_BYTES	3
#define RET_INSN	0xc3

/* The first byte of an entry slot: NOP, jmp or int3. framecheck.py searches in the same way. */
static notrace bool frame_is_slot(u8 byte)
{
	return byte == 0x0f || byte == 0xe9 || byte == 0xcc;
}

/* The address from which the function at [start, start + size) has its frame; 0: it has none. */
static notrace unsigned long frame_complete_at(unsigned long start, unsigned long size)
{
	unsigned long end = start + (size < FRAME_SEARCHED ? size : FRAME_SEARCHED);
	unsigned long at = start + (frame_is_slot(*(const u8 *)start) ? SLOT_SIZE : 0);

	for (; at + FRAME_SET_BYTES <= end; at++) {
		const u8 *p = (const u8 *)at;

		if (p[0] == 0x48 && p[1] == 0x89 && p[2] == 0xe5)
			return at + FRAME_SET_BYTES;
	}
	return 0;
}

notrace enum frame_state frame_state(const struct pt_regs *regs, unsigned long top)
{
	unsigned long rip = regs->rip, complete;
	struct ksym sym;

	if (rip >= (unsigned long)__entry_text_start && rip < (unsigned long)__entry_text_end)
		return FRAME_UNKNOWN;
	if (!kernel_text_address(rip) || !ksym_lookup(rip, &sym))
		return FRAME_UNKNOWN;
	complete = frame_complete_at(sym.start, sym.size);
	if (!complete || rip < complete)
		return top == regs->rbp ? FRAME_HALF : FRAME_NONE;
	if (*(const u8 *)rip == RET_INSN)
		return FRAME_NONE;
	/* As every return address, the address is judged by its call, the byte before it. */
	return kernel_text_address(top - 1) ? FRAME_UNKNOWN : FRAME_WHOLE;
}
