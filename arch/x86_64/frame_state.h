/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to the unwinder: the frame of a function that was interrupted at any instruction. */
#ifndef ARCH_X86_64_FRAME_STATE_H
#define ARCH_X86_64_FRAME_STATE_H

#include <neurath/ptregs.h>

enum frame_state {
	FRAME_UNKNOWN,		/* code without the rule for frames, or one of two states */
	FRAME_NONE,		/* the return address is on top of the stack, rbp is the caller's */
	FRAME_HALF,		/* the same, with the caller's rbp pushed behind the address */
	FRAME_WHOLE,		/* rbp is the address of the frame */
};

/*
 * The state of the function that was interrupted at @regs in the kernel; @top is the word at
 * regs->rsp. (any)
 */
enum frame_state frame_state(const struct pt_regs *regs, unsigned long top);

#endif
