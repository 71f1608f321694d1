/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions: from the common paths of entry.S to their handlers.
 *
 * exception_dispatch() is called with interrupts off, on the task's kernel stack (or on an IST
 * stack for a #DB, #DF or #MC that interrupted the kernel).  Interrupts are enabled only if they
 * were on where the exception happened, and are off again at return.  An exception in user mode
 * becomes a signal.  An exception in the kernel without a handler is an oops.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/hook.h>
#include <neurath/ptrace.h>
#include <neurath/return_hook.h>
#include <neurath/signal.h>
#include <neurath/task.h>
#include <neurath/vm.h>
#include "../debugreg.h"
#include "../entry.h"
#include "../fpu.h"
#include "../traps.h"
#include "../x86.h"

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

/* The same stack as at the first call of a kernel thread, or at an entry from user mode. */
void arch_abandon_stack(void (*fn)(void))
{
	unsigned long regs = (unsigned long)kstack_user_regs(current->stack);

	irq_disable();
	return_hooks_forget();
	abandon_stack(fn, regs, current->pflags & PF_KTHREAD ? 0 : regs | 1);
}

/* A push reached the unmapped page below the stack, and the processor could not push a frame. */
static bool trap_is_stack_overflow(const struct pt_regs *regs, unsigned int vector)
{
	unsigned long base = (unsigned long)current->stack, address = read_cr2();

	return vector == TRAP_DF && !user_mode(regs) && base && address < base &&
	       address >= base - PAGE_SIZE;
}

static void __noreturn trap_die(struct pt_regs *regs, unsigned int vector)
{
	const char *name = vector < 32 ? exceptions[vector].name : NULL;
	unsigned int error = regs->orig_rax == -1UL ? 0 : (unsigned int)regs->orig_rax;

	if (!name)
		name = "reserved exception";
	if (trap_is_stack_overflow(regs, vector))
		oops(regs, "kernel stack overflow in %ps", (void *)regs->rip);
	/* For the others with their own stack, the damage that they have done is unknown. */
	if (user_mode(regs) || vector == TRAP_DF || vector == TRAP_MC || vector == TRAP_DB)
		panic_regs(regs, "%s (vector %u, error %#x)", name, vector, error);
	oops(regs, "%s (vector %u, error %#x)", name, vector, error);
}

/*
 * Stores the event for the signal frame, and removes the error code from orig_rax, where a number
 * would mean "in a system call".  Returns the error code.
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
	if (vector == TRAP_DB && debugreg_hit(regs)) {
		code = TRAP_HWBKPT;
	} else if (vector == TRAP_DB) {
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
	} else if (vector == TRAP_DB && !user_mode(regs) && current->debugregs) {
		debugreg_hit(regs);	/* the kernel accessed a watched word of the program */
	} else if (user_mode(regs) && vector != TRAP_DF && vector != TRAP_MC) {
		trap_user(regs, (unsigned int)vector);
	} else {
		trap_die(regs, (unsigned int)vector);
	}
}
