/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C functions that the assembly entries call, and the entries that C code installs.  Private
 * to arch/x86_64.
 */
#ifndef ARCH_X86_64_ENTRY_H
#define ARCH_X86_64_ENTRY_H

#include <neurath/compiler.h>
#include <neurath/ptregs.h>
#include <neurath/types.h>

struct task;

/* entry.S */
void syscall_entry(void);
void enter_user(struct pt_regs *regs) __noreturn;
void abandon_stack(void (*fn)(void), unsigned long top, unsigned long frame) __noreturn;
void fork_first_return(void);
extern const u64 trap_stubs[256];

/*
 * The addresses of entries, for the lower floor that installs them.  arch_boot() fills it in
 * first; constant afterwards.
 */
struct entry_points {
	void (*syscall)(void);
	void (*enter_user)(struct pt_regs *regs) __noreturn;
	void (*fork_first_return)(void);
	const u64 *trap_stubs;
};
extern struct entry_points entry_points;

/* Called by entry.S, interrupts off. */
void exception_dispatch(struct pt_regs *regs, unsigned long vector);
void interrupt_dispatch(struct pt_regs *regs, unsigned long vector);
struct pt_regs *nmi_dispatch(struct pt_regs *regs);
void nmi_left(struct pt_regs *regs);

/* entry.S of boot/: the first C functions of the boot CPU and of the other CPUs. */
void arch_boot(unsigned long information);
void ap_boot(struct cpu *cpu);

/* switch.S */
void enter_idle(unsigned long stack_top) __noreturn;
struct task *switch_stacks(unsigned long *save_sp, unsigned long new_sp, struct task *prev,
			   struct task *next);

#endif
