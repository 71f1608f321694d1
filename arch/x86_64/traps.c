/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions: from the common paths of entry.S to whoever handles them.
 *
 * exception_dispatch() is entered with interrupts off, on the task's kernel
 * stack (or on an IST stack for a #DB, #DF or #MC that interrupted the kernel).
 * Interrupts go on only if they were on where the exception happened, and are
 * off again when it returns.  An exception in user mode becomes a signal; one
 * in the kernel that nobody claims is a panic.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/hook.h>
#include <neurath/ptrace.h>
#include <neurath/signal.h>
#include <neurath/task.h>
#include <neurath/vm.h>
#include "entry.h"
#include "fpu.h"
#include "traps.h"
#include "x86.h"

struct exception {
	const char *name;
	int signal;
	int code;
};

static const struct exception exceptions[32] = {
	[TRAP_DE] = { "divide error", SIGFPE, FPE_INTDIV },
	[TRAP_DB] = { "debug exception", SIGTRAP, TRAP_TRACE },
	[TRAP_BP] = { "int3", SIGTRAP, SI_KERNEL },
	[TRAP_OF] = { "overflow", SIGSEGV, SI_KERNEL },
	[TRAP_BR] = { "bound range exceeded", SIGSEGV, SI_KERNEL },
	[TRAP_UD] = { "invalid opcode", SIGILL, ILL_ILLOPN },
	[TRAP_NM] = { "no floating point", SIGFPE, SI_KERNEL },
	[TRAP_DF] = { "double fault", SIGSEGV, SI_KERNEL },
	[TRAP_TS] = { "invalid TSS", SIGSEGV, SI_KERNEL },
	[TRAP_NP] = { "segment not present", SIGBUS, SI_KERNEL },
	[TRAP_SS] = { "stack segment fault", SIGBUS, SI_KERNEL },
	[TRAP_GP] = { "general protection fault", SIGSEGV, SI_KERNEL },
	[TRAP_PF] = { "page fault", SIGSEGV, SI_KERNEL },
	[TRAP_MF] = { "floating point error", SIGFPE, FPE_FLTINV },
	[TRAP_AC] = { "alignment check", SIGBUS, BUS_ADRALN },
	[TRAP_MC] = { "machine check", SIGBUS, SI_KERNEL },
	[TRAP_XM] = { "SIMD floating point error", SIGFPE, FPE_FLTINV },
};

static void __noreturn trap_die(struct pt_regs *regs, unsigned int vector)
{
	const char *name = vector < 32 ? exceptions[vector].name : NULL;

	panic_regs(regs, "%s (vector %u, error %#x)", name ? name : "reserved exception", vector,
		   regs->orig_rax == -1UL ? 0 : (unsigned int)regs->orig_rax);
}

/*
 * Keeps for the signal frame what happened, and takes the error code out of
 * orig_rax, where a number would say "in a system call".  Returns the code.
 */
static unsigned long trap_note_user(struct pt_regs *regs, unsigned int vector,
				    unsigned long address)
{
	unsigned long error = regs->orig_rax;

	if (!user_mode(regs))
		return error;
	current->trap_nr = vector;
	current->trap_error = error == -1UL ? 0 : error;
	current->trap_addr = address;
	regs->orig_rax = -1UL;
	return error;
}

static void trap_user(struct pt_regs *regs, unsigned int vector)
{
	const struct exception *e = &exceptions[vector];
	unsigned long where = regs->rip;
	int code = e->code;

	trap_note_user(regs, vector, 0);
	if (vector == TRAP_MF || vector == TRAP_XM)
		code = fpu_exception_code(vector == TRAP_XM);
	if (vector == TRAP_DB) {
		regs->eflags &= ~EFLAGS_TF;
		if (ptrace_step_is_stale())
			return;
	}
	if (code == SI_KERNEL)
		where = 0;
	irq_enable();
	force_sig_fault(e->signal ? e->signal : SIGSEGV, e->name ? code : SI_KERNEL, where);
	irq_disable();
}

static void trap_page_fault(struct pt_regs *regs)
{
	unsigned long address = read_cr2();
	unsigned long error = trap_note_user(regs, TRAP_PF, address);

	if (regs->eflags & EFLAGS_IF)
		irq_enable();
	handle_page_fault(regs, error, address);
	irq_disable();
}

notrace void exception_dispatch(struct pt_regs *regs, unsigned long vector)
{
	if (vector == TRAP_PF) {
		trap_page_fault(regs);
	} else if (vector == TRAP_BP && !user_mode(regs)) {
		if (!int3_text_poke(regs))
			trap_die(regs, TRAP_BP);
	} else if (user_mode(regs) && vector != TRAP_DF && vector != TRAP_MC) {
		trap_user(regs, (unsigned int)vector);
	} else {
		trap_die(regs, (unsigned int)vector);
	}
}
