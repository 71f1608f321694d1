/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page faults.  From user mode: make the page present, or send the signal.  From the kernel: only
 * the copy routines of uaccess.S may fault, on a user address.  Such a fault is handled like one
 * of user mode (it may sleep), or continues at the routine's fix-up.  Any other fault in the
 * kernel is a bug: an oops.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/oom.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/signal.h>
#include <neurath/trace.h>
#include <neurath/vm.h>
#include "../entry.h"
#include "../uaccess.h"
#include "../x86.h"

#define PF_PRESENT	0x1
#define PF_WRITE	0x2
#define PF_USER		0x4
#define PF_RESERVED	0x8
#define PF_FETCH	0x10

extern const char __uaccess_text_start[], __uaccess_text_end[];
extern const struct ex_entry __start___ex_table[], __stop___ex_table[];

static bool fault_in_uaccess(const struct pt_regs *regs)
{
	return regs->rip >= (unsigned long)__uaccess_text_start &&
	       regs->rip < (unsigned long)__uaccess_text_end;
}

/* Continues at the fix-up of the faulting instruction; false = it has none. */
static bool fault_fixup(struct pt_regs *regs)
{
	for (const struct ex_entry *e = __start___ex_table; e < __stop___ex_table; e++) {
		if (e->insn == regs->rip) {
			regs->rip = e->fixup;
			return true;
		}
	}
	return false;
}

static void __noreturn fault_die(struct pt_regs *regs, unsigned long code, unsigned long addr)
{
	const char *what = code & PF_RESERVED ? "corrupt page table" :
			   addr < PAGE_SIZE ? "null pointer" :
			   code & PF_FETCH ? "execution" :
			   code & PF_WRITE ? "write" : "read";

	/* A program can trigger this, but the error is not the program's. */
	if (user_mode(regs) || (code & PF_RESERVED))
		panic_regs(regs, "page fault: %s at %#lx (error %#lx)", what, addr, code);
	oops(regs, "kernel page fault: %s at %#lx (error %#lx)", what, addr, code);
}

static unsigned fault_access(unsigned long code)
{
	if (code & PF_FETCH)
		return VM_EXEC;
	return code & PF_WRITE ? VM_WRITE : VM_READ;
}

static void fault_signal(int error, unsigned long addr)
{
	switch (error) {
	case -ENOMEM:
		/* The instruction faults again, unless this process was chosen to be killed. */
		(void)oom_make_room(false);
		break;
	case -EIO:
		force_sig_fault(SIGBUS, BUS_ADRERR, addr);
		break;
	default:
		force_sig_fault(SIGSEGV, error == -EACCES ? SEGV_ACCERR : SEGV_MAPERR, addr);
	}
}

static void fault_from_user(struct pt_regs *regs, unsigned long code, unsigned long addr)
{
	int error;

	if (code & PF_RESERVED)
		fault_die(regs, code, addr);
	current->process->min_flt++;
	error = vm_fault(current->mm, addr, fault_access(code));
	if (error)
		fault_signal(error, addr);
}

static void fault_from_kernel(struct pt_regs *regs, unsigned long code, unsigned long addr)
{
	int error;

	/* Interrupts off: a copy under a spinlock, which is a bug. */
	if (!fault_in_uaccess(regs) || addr >= USER_MAX || (code & (PF_RESERVED | PF_FETCH)) ||
	    !current->mm || irqs_disabled())
		fault_die(regs, code, addr);
	/* The entry has disabled user access, so sleeping is safe here; iret enables it again. */
	do {
		error = vm_fault(current->mm, addr, fault_access(code));
	} while (error == -ENOMEM && oom_make_room(true));
	if (error && !fault_fixup(regs))
		fault_die(regs, code, addr);
}

void handle_page_fault(struct pt_regs *regs, unsigned long code, unsigned long addr)
{
	if (user_mode(regs)) {
		if (trace_is_on(page_fault_user))
			trace_page_fault_user(addr, regs->rip, code);
		fault_from_user(regs, code, addr);
	} else {
		if (trace_is_on(page_fault_kernel))
			trace_page_fault_kernel(addr, regs->rip, code);
		fault_from_kernel(regs, code, addr);
	}
}
