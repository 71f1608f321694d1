/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The top of the stack of a task that is off a CPU: pushed by switch.S, or built for a task that
 * has never run.
 */
#ifndef ASM_SWITCH_H
#define ASM_SWITCH_H

/*
 * task->kernel_sp points to it.  For a new kernel thread @ret is
 * kthread_first_return and @rbp 0; for a forked child fork_first_return and the
 * address of its pt_regs | 1.
 */
struct switch_frame {
	unsigned long r15, r14, r13, r12, rbx;
	unsigned long rbp;
	unsigned long ret;
};

/* The first instructions of new tasks (text addresses; for the unwinder). */
void kthread_first_return(void);

#endif
