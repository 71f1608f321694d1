/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page faults.  From user mode: make the page present or send the signal.  From
 * the kernel: allowed in the copy routines of uaccess.S on a user address, which is
 * then handled as if the user had touched it (it may sleep) or leads to the
 * routine's fix-up.  Any other fault in the kernel is a bug and ends in a panic.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/signal.h>
#include <neurath/vm.h>
#include "entry.h"
#include "uaccess.h"
#include "x86.h"

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

/* Goes on at the fix-up of the faulting instruction; false = it has none. */
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

static void __noreturn fault_die(struct pt_regs *regs, unsigned long error, unsigned long addr)
{
	const char *what = error & PF_RESERVED ? "corrupt page table" :
			   addr < PAGE_SIZE ? "null pointer" :
			   error & PF_FETCH ? "execution" :
			   error & PF_WRITE ? "write" : "read";

	panic_regs(regs, "kernel page fault: %s at %#lx (error %#lx)", what, addr, error);
}

static unsigned fault_access(unsigned long error)
{
	if (error & PF_FETCH)
		return VM_EXEC;
	return error & PF_WRITE ? VM_WRITE : VM_READ;
}

/* The machine has no page left for this process: it must go. */
static void fault_out_of_memory(void)
{
	struct process *p = current->process;

	/* It is on its way already, or writes its last words. */
	if (fatal_signal_pending(current) || (current->pflags & PF_EXITING))
		return;
	pr_err("Out of memory: killed process %d (%s) using %lu kB\n", p->pid, current->comm,
	       current->mm->rss << (PAGE_SHIFT - 10));
	send_signal_process(SIGKILL, NULL, p);
}

static void fault_signal(int err, unsigned long addr)
{
	switch (err) {
	case -ENOMEM:
		fault_out_of_memory();
		break;
	case -EIO:
		force_sig_fault(SIGBUS, BUS_ADRERR, addr);
		break;
	default:
		force_sig_fault(SIGSEGV, err == -EACCES ? SEGV_ACCERR : SEGV_MAPERR, addr);
	}
}

static void fault_from_user(struct pt_regs *regs, unsigned long error, unsigned long addr)
{
	int err;

	if (error & PF_RESERVED)
		fault_die(regs, error, addr);
	current->process->min_flt++;
	err = vm_fault(current->mm, addr, fault_access(error));
	if (err)
		fault_signal(err, addr);
}

static void fault_from_kernel(struct pt_regs *regs, unsigned long error, unsigned long addr)
{
	int err;

	/* Interrupts off: somebody copies under a spinlock. */
	if (!fault_in_uaccess(regs) || addr >= USER_MAX || (error & (PF_RESERVED | PF_FETCH)) ||
	    !current->mm || irqs_disabled())
		fault_die(regs, error, addr);
	/* The entry closed user access, so it is safe to sleep here; iret opens it again. */
	err = vm_fault(current->mm, addr, fault_access(error));
	if (err == -ENOMEM)
		fault_out_of_memory();
	if (err && !fault_fixup(regs))
		fault_die(regs, error, addr);
}

void handle_page_fault(struct pt_regs *regs, unsigned long error, unsigned long addr)
{
	if (user_mode(regs))
		fault_from_user(regs, error, addr);
	else
		fault_from_kernel(regs, error, addr);
}
