/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C functions that the assembly entries call, and the entries that C
 * installs.  Private to arch/x86_64.
 */
#ifndef ARCH_X86_64_ENTRY_H
#define ARCH_X86_64_ENTRY_H

#include <neurath/ptregs.h>

struct task;

/* entry.S */
void syscall_entry(void);
void enter_user(struct pt_regs *regs) __noreturn;

/* Called by entry.S, interrupts off. */
void exception_dispatch(struct pt_regs *regs, unsigned long vector);
void interrupt_dispatch(struct pt_regs *regs, unsigned long vector);
void nmi_dispatch(struct pt_regs *regs);

/* entry.S of boot/: the first C functions of the boot CPU and of the others. */
void arch_boot(unsigned long information);
void ap_boot(struct cpu *cpu);

/* switch.S */
void enter_idle(unsigned long stack_top) __noreturn;
struct task *switch_stacks(unsigned long *save_sp, unsigned long new_sp, struct task *prev);

#endif
