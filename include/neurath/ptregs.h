/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers saved at every entry to the kernel, in the order of the Linux x86_64 ABI (ptrace
 * and signal frames show them to user space).  The frame of an entry from user mode is at the top
 * of the kernel stack.
 */
#ifndef NEURATH_PTREGS_H
#define NEURATH_PTREGS_H

#include <neurath/types.h>

struct pt_regs {
	unsigned long r15, r14, r13, r12, rbp, rbx;
	unsigned long r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	/* Syscall number; -1 or the error code for other entries. */
	unsigned long orig_rax;
	unsigned long rip, cs, eflags, rsp, ss;
};

static __always_inline bool user_mode(const struct pt_regs *regs)
{
	return (regs->cs & 3) == 3;
}

static __always_inline unsigned long instruction_pointer(const struct pt_regs *regs)
{
	return regs->rip;
}

static __always_inline void instruction_pointer_set(struct pt_regs *regs, unsigned long ip)
{
	regs->rip = ip;
}

#endif
