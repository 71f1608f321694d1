/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The start of another CPU in long mode, still on the boot page tables: it loads the kernel's
 * tables, finds the struct cpu with its APIC id, and takes its stack.
 */
#include <generated/asm-offsets.h>

	.section .entry.text, "ax"
	.globl	ap_entry
	.type	ap_entry, @function
ap_entry:
	movq	kernel_pgd(%rip), %rax
	movq	%rax, %cr3
	/* Leaf 0xb supports APIC ids beyond 255; it is valid if ebx is not 0. */
	xorl	%eax, %eax
	cpuid
	cmpl	$0xb, %eax
	jb	1f
	movl	$0xb, %eax
	xorl	%ecx, %ecx
	cpuid
	testl	%ebx, %ebx
	jnz	2f
1:	movl	$1, %eax
	cpuid
	shrl	$24, %ebx
	movl	%ebx, %edx
2:
	movl	nr_cpus(%rip), %ecx
	movq	$cpus, %rdi
3:	cmpl	%edx, CPU_APIC_ID(%rdi)
	je	4f
	addq	$CPU_SIZE, %rdi
	decl	%ecx
	jnz	3b
5:	cli				/* not in the MADT: stays off */
	hlt
	jmp	5b
4:	movq	CPU_IDLE_STACK(%rdi), %rsp
	addq	$(ASM_KSTACK_SIZE - REGS_SIZE), %rsp
	xorl	%ebp, %ebp		/* the stack ends here */
	call	ap_boot
	jmp	5b
	.size	ap_entry, . - ap_entry
