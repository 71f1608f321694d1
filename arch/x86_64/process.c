/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU's part in the life of processes: registers of a forked child and of a new program,
 * segment bases, and CPU features that programs see.
 */
#include <asm/switch.h>
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/return_hook.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include "debugreg.h"
#include "entry.h"
#include "ioport.h"
#include "segments.h"
#include "x86.h"

#define EFLAGS_START	0x202UL		/* interrupts on, and the bit that is always 1 */

void arch_setup_user(struct task *task, const struct pt_regs *regs)
{
	struct pt_regs *child = kstack_user_regs(task->stack);
	struct switch_frame *frame = (struct switch_frame *)child - 1;

	*child = *regs;
	*frame = (struct switch_frame){
		.rbp = (unsigned long)child | 1,	/* the mark of a trap frame */
		.ret = (unsigned long)entry_points.fork_first_return,
	};
	task->kernel_sp = (unsigned long)frame;
}

void arch_exec_regs(struct pt_regs *regs, unsigned long entry, unsigned long sp)
{
	ioport_drop(current);
	debugreg_drop(current);
	memset(regs, 0, sizeof(*regs));
	regs->rip = entry;
	regs->rsp = sp;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->eflags = EFLAGS_START;
	regs->orig_rax = -1UL;
	arch_set_user_bases(0, 0);
}

void arch_enter_user(void)
{
	struct pt_regs *regs = kstack_user_regs(current->stack);

	assert(user_mode(regs) && current->mm);
	irq_disable();
	return_hooks_forget();
	entry_points.enter_user(regs);
}

unsigned long arch_hwcap(void)
{
	static u32 features;

	/* CPUID leaves the virtual machine under a hypervisor: execute it once. */
	if (!features)
		features = cpuid(1, 0).edx;
	return features;
}

#define ARCH_SET_GS	0x1001
#define ARCH_SET_FS	0x1002
#define ARCH_GET_FS	0x1003
#define ARCH_GET_GS	0x1004

SYSCALL_DEFINE2(arch_prctl, int, code, unsigned long, addr)
{
	switch (code) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= USER_MAX)
			return -EPERM;
		if (code == ARCH_SET_FS)
			arch_set_user_bases(addr, current->gsbase);
		else
			arch_set_user_bases(current->fsbase, addr);
		return 0;
	case ARCH_GET_FS:
		return put_user(current->fsbase, (unsigned long __user *)addr);
	case ARCH_GET_GS:
		return put_user(current->gsbase, (unsigned long __user *)addr);
	default:
		return -EINVAL;
	}
}
