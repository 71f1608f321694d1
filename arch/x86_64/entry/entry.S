/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All entries to the kernel, and the only exit to user mode.
 *
 * Every entry builds a complete struct pt_regs, and sets rbp = its address | 1: by this mark the
 * unwinder distinguishes a trap frame from a function's frame.  An entry from user mode builds it
 * at the top of the task's kernel stack.
 *
 * GS: user mode runs with the user's GS base, the kernel with struct cpu; swapgs exchanges them.
 * An entry that may interrupt the few kernel instructions with the user's GS (NMI, #DB, #MC, #DF,
 * #BP) does not rely on cs but tests the GS base itself: a kernel address is negative.
 *
 * The exit to user mode is exit_to_user_mode_loop() in C, which returns with interrupts off and
 * no work left; then the registers are restored.  The loop is not called if it would find no
 * work.
 */
#include <generated/asm-offsets.h>

#define USER_CS			0x33
#define USER_DS			0x2b
#define MSR_GS_BASE		0xc0000101
#define EFLAGS_TF_RF		0x10100
#define MINUS_ENOSYS		-38

/* Pushes all registers except rdi (and those above it), and marks the frame. */
.macro SAVE_REGS rax=%rax
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	\rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	leaq	1(%rsp), %rbp
.endm

.macro RESTORE_REGS
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

/*
 * AC may be set at an exception, by a user program or inside a user copy.  The kernel would then
 * run without SMAP, and could even switch tasks in that state.
 */
.macro CLEAR_AC
	cmpb	$0, cpu_has_smap(%rip)
	je	.Lno_smap\@
	clac
.Lno_smap\@:
.endm

/* Calls a C function with an aligned stack; rbx has been saved and is free. */
.macro CALL_ALIGNED function
	movq	%rsp, %rbx
	andq	$-16, %rsp
	call	\function
	movq	%rbx, %rsp
.endm

	.section .entry.text, "ax"

/*
 * Stubs.  Each pushes the error code (-1 where the CPU pushes none: in orig_rax this means "no
 * system call") and the vector, and then jumps to a common path, where the slot of the vector
 * becomes that of rdi.
 */
.macro STUB vector, path, has_error=0
	.balign	16
.Ltrap_stub_\vector:
	.if	!\has_error
	pushq	$-1
	.endif
	pushq	$\vector
	jmp	\path
.endm

	.altmacro
.macro IRQ_STUB vector
	STUB	\vector, interrupt_common
.endm

	STUB	0, exception_common
	STUB	1, paranoid_common
	STUB	2, nmi_common
	.balign	16
.Ltrap_stub_3:
	/*
	 * int3 in the kernel: copy the frame lower, so that the handler can
	 * emulate a call by pushing a return address at the interrupted rsp.
	 */
	testb	$3, 8(%rsp)
	jnz	1f
	.rept	5
	pushq	4 * 8(%rsp)
	.endr
1:	pushq	$-1
	pushq	$3
	jmp	paranoid_common
	STUB	4, exception_common
	STUB	5, exception_common
	STUB	6, exception_common
	STUB	7, exception_common
	STUB	8, paranoid_common, 1
	STUB	9, exception_common
	STUB	10, exception_common, 1
	STUB	11, exception_common, 1
	STUB	12, exception_common, 1
	STUB	13, exception_common, 1
	STUB	14, exception_common, 1
	STUB	15, exception_common
	STUB	16, exception_common
	STUB	17, exception_common, 1
	STUB	18, paranoid_common
	STUB	19, exception_common
	STUB	20, exception_common
	STUB	21, exception_common, 1
	STUB	22, exception_common
	STUB	23, exception_common
	STUB	24, exception_common
	STUB	25, exception_common
	STUB	26, exception_common
	STUB	27, exception_common
	STUB	28, exception_common
	STUB	29, exception_common, 1
	STUB	30, exception_common, 1
	STUB	31, exception_common
	.set	vector, 32
	.rept	224
	IRQ_STUB %vector
	.set	vector, vector + 1
	.endr
	.noaltmacro

/* Faults and exceptions on the task's own stack. */
	.globl	exception_common
	.type	exception_common, @function
exception_common:
	cld
	xchgq	%rdi, (%rsp)
	SAVE_REGS
	CLEAR_AC
	testb	$3, REGS_CS(%rsp)
	jz	1f
	swapgs
1:	movq	%rdi, %rsi
	movq	%rsp, %rdi
	CALL_ALIGNED exception_dispatch
	testb	$3, REGS_CS(%rsp)
	jnz	return_to_user
	jmp	return_to_kernel
	.size	exception_common, . - exception_common

	.globl	interrupt_common
	.type	interrupt_common, @function
interrupt_common:
	cld
	xchgq	%rdi, (%rsp)
	SAVE_REGS
	CLEAR_AC
	testb	$3, REGS_CS(%rsp)
	jz	1f
	swapgs
1:	movq	%rdi, %rsi
	movq	%rsp, %rdi
	CALL_ALIGNED interrupt_dispatch
	testb	$3, REGS_CS(%rsp)
	jnz	return_to_user
	jmp	return_to_kernel
	.size	interrupt_common, . - interrupt_common

/*
 * #DB, #DF and #MC use their own stacks, #BP the present stack.  From user mode the frame moves
 * to the task's kernel stack, and the rest is as for any exception.  From the kernel, r12 stores
 * whether GS had to be swapped.
 */
	.globl	paranoid_common
	.type	paranoid_common, @function
paranoid_common:
	cld
	xchgq	%rdi, (%rsp)
	SAVE_REGS
	CLEAR_AC
	testb	$3, REGS_CS(%rsp)
	jnz	.Lparanoid_from_user
	movq	%rdi, %rsi
	xorl	%r12d, %r12d
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	testl	%edx, %edx
	js	1f
	swapgs
	incl	%r12d
1:	movq	%rsp, %rdi
	CALL_ALIGNED exception_dispatch
	testl	%r12d, %r12d
	jz	return_to_kernel
	swapgs
	jmp	return_to_kernel

.Lparanoid_from_user:
	swapgs
	movq	%rdi, %rdx
	movq	%rsp, %rsi
	movq	%gs:CPU_KERNEL_STACK, %rdi
	subq	$REGS_SIZE, %rdi
	movq	%rdi, %rsp
	leaq	1(%rdi), %rbp
	movl	$(REGS_SIZE / 8), %ecx
	rep movsq			/* onto itself if #BP: no harm */
	movq	%rdx, %rsi
	movq	%rsp, %rdi
	CALL_ALIGNED exception_dispatch
	jmp	return_to_user
	.size	paranoid_common, . - paranoid_common

/*
 * NMI: stays on its own stack, also from user mode, and returns without the loop.  The iret of an
 * exception inside would unblock NMIs, and a second NMI would overwrite this frame;
 * tools/nmicheck.py proves that there is no such exception (nmi.c).
 */
	.globl	nmi_common
	.type	nmi_common, @function
nmi_common:
	cld
	xchgq	%rdi, (%rsp)
	SAVE_REGS
	CLEAR_AC
	xorl	%r12d, %r12d
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	testl	%edx, %edx
	js	1f
	swapgs
	incl	%r12d
1:	movq	%rsp, %rdi
	CALL_ALIGNED nmi_dispatch
	testq	%rax, %rax
	jnz	nmi_leave
.Lnmi_return:
	testl	%r12d, %r12d
	jz	return_to_kernel
	swapgs
	jmp	return_to_kernel
	.size	nmi_common, . - nmi_common

/* rax = a copy of the frame, at the top of a stack that no NMI uses. */
	.globl	nmi_leave
	.type	nmi_leave, @function
nmi_leave:
	movq	%rax, %rdi
	movq	%rax, %rsp
	leaq	1(%rax), %rbp
	CALL_ALIGNED nmi_left
	jmp	.Lnmi_return
	.size	nmi_leave, . - nmi_leave

	.type	return_to_kernel, @function
return_to_kernel:
	RESTORE_REGS
	addq	$8, %rsp
	iretq
	.size	return_to_kernel, . - return_to_kernel

/*
 * syscall: rcx = rip, r11 = eflags, interrupts and direction flag off by
 * SFMASK.  The handler finds the number in orig_rax and -ENOSYS in rax.
 */
	.balign	64
	.globl	syscall_entry
	.type	syscall_entry, @function
syscall_entry:
	swapgs
	movq	%rsp, %gs:CPU_USER_RSP
	movq	%gs:CPU_KERNEL_STACK, %rsp
	pushq	$USER_DS
	pushq	%gs:CPU_USER_RSP
	pushq	%r11
	pushq	$USER_CS
	pushq	%rcx
	pushq	%rax
	pushq	%rdi
	SAVE_REGS rax=$MINUS_ENOSYS
	movq	%rsp, %rdi
	CALL_ALIGNED syscall_dispatch
	/* falls through to return_to_user, which must follow */
	.size	syscall_entry, . - syscall_entry

/*
 * rsp = the user's pt_regs. sysretq is faster than iretq, but requires that rcx and r11 contain
 * rip and eflags, and a canonical rip (otherwise the fault would happen in kernel mode with the
 * user's stack).  Both load the only code segment and the only data segment of user mode.
 */
	.globl	return_to_user
	.type	return_to_user, @function
return_to_user:
	cli
	/*
	 * The first test of the loop, here; in a debug build the loop checks more than the flags.
	 */
	movq	%gs:CPU_TASK, %rax
	testl	$EXIT_WORK_MASK, TASK_FLAGS(%rax)
	.if	!CONFIG_DEBUG
	jz	.Lreturn_no_work
	.endif
	movq	%rsp, %rdi
	CALL_ALIGNED exit_to_user_mode_loop
.Lreturn_no_work:
	movq	REGS_RIP(%rsp), %rcx
	movq	%rcx, %rax
	shrq	$47, %rax
	jnz	.Lreturn_bad_rip
	cmpq	%rcx, REGS_RCX(%rsp)
	jne	.Lreturn_by_iret
	movq	REGS_EFLAGS(%rsp), %r11
	cmpq	%r11, REGS_R11(%rsp)
	jne	.Lreturn_by_iret
	testl	$EFLAGS_TF_RF, %r11d
	jnz	.Lreturn_by_iret
	RESTORE_REGS
	movq	REGS_RSP - REGS_ORIG_RAX(%rsp), %rsp
	swapgs
	sysretq
.Lreturn_bad_rip:
	/* Make it fault in user mode instead of at the iretq. */
	movq	$0, REGS_RIP(%rsp)
.Lreturn_by_iret:
	movq	$USER_DS, REGS_SS(%rsp)
	movq	$USER_CS, REGS_CS(%rsp)
	RESTORE_REGS
	addq	$8, %rsp
	swapgs
	iretq
	.size	return_to_user, . - return_to_user

/*
 * enter_user(regs): a kernel thread becomes a process; it abandons its stack except the frame at
 * the top.
 */
	.globl	enter_user
	.type	enter_user, @function
enter_user:
	movq	%rdi, %rsp
	leaq	1(%rsp), %rbp
	jmp	return_to_user
	.size	enter_user, . - enter_user

/* First code of a forked child: rsp = its pt_regs, rbp marks them. */
	.balign	16
	.globl	fork_first_return
	.type	fork_first_return, @function
fork_first_return:
	movq	%rsp, %rbx
	andq	$-16, %rsp
	movq	%rax, %rdi
	call	task_first_run
	movq	%rbx, %rsp
	jmp	return_to_user
	.size	fork_first_return, . - fork_first_return

/*
 * abandon_stack(fn, top, frame): calls fn at @top of this stack, below the caller's frame @frame;
 * no return leads to the old contents.  It also abandons an exception's stack.
 */
	.globl	abandon_stack
	.type	abandon_stack, @function
abandon_stack:
	movq	%rsi, %rsp
	movq	%rdx, %rbp
	andq	$-16, %rsp
	call	*%rdi
	ud2
	.size	abandon_stack, . - abandon_stack

/* The stubs by vector, for the IDT. */
	.section .init.rodata, "a"
	.balign	8
	.globl	trap_stubs
	.altmacro
.macro STUB_ADDRESS vector
	.quad	.Ltrap_stub_\vector
.endm
trap_stubs:
	.set	vector, 0
	.rept	256
	STUB_ADDRESS %vector
	.set	vector, vector + 1
	.endr
