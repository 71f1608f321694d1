/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The context switch, and the first instructions of new tasks.
 *
 * The stack of a task that is off a CPU ends in a switch frame (struct switch_frame in
 * <asm/switch.h>): callee-saved registers, then rbp and the return address as in any function.
 * So the unwinder sees switch_stacks() as the frame of an ordinary caller.
 */
#include <generated/asm-offsets.h>

	.section .entry.text, "ax"

/*
 * struct task *switch_stacks(unsigned long *save_rsp, unsigned long new_rsp,
 *                            struct task *prev, struct task *next)
 *
 * Interrupts are off.  Returns prev on the new stack.
 *
 * Stack and current change together here.  A function that ran between the two changes would
 * choose its version of a patch by the state of one task, while its callers used the state of the
 * other.
 */
	.balign	16
	.globl	switch_stacks
	.type	switch_stacks, @function
switch_stacks:
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	movq	%rcx, %gs:CPU_TASK
	movq	%rdx, %rax
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.size	switch_stacks, . - switch_stacks

/*
 * The first code of a kernel thread: rbx = function, r12 = argument; rbp = 0 ends the stack.
 */
	.balign	16
	.globl	kthread_first_return
	.type	kthread_first_return, @function
kthread_first_return:
	movq	%rax, %rdi
	call	task_first_run
	movq	%r12, %rdi
	call	*%rbx
	movl	%eax, %edi
	call	kthread_exit
	ud2
	.size	kthread_first_return, . - kthread_first_return

/*
 * enter_idle(top): the boot CPU becomes its idle task on an empty stack.  The frames of the start
 * lead into code that has been freed, so the stack would not be reliable.
 */
	.balign	16
	.globl	enter_idle
	.type	enter_idle, @function
enter_idle:
	movq	%rdi, %rsp
	xorl	%ebp, %ebp		/* the stack ends here */
	call	sched_cpu_entry
	ud2
	.size	enter_idle, . - enter_idle
