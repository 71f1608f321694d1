/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The start of an application processor: real mode, at the page that the start-up IPI names, cs =
 * page >> 4, ip = 0.
 *
 * The code between trampoline_start and trampoline_end is copied to a page below 1 MiB
 * (arch/x86_64/entry/smpboot.c), which also fills in the variables at its end.  It depends on its
 * own address only through cs and ebx.  All processors run it at the same time, so it writes no
 * memory and uses no stack.
 */
#include "boot.h"

#define TRAMPOLINE(symbol)	((symbol) - trampoline_start)

	.section .boot.rodata, "a"
	.balign	16
	.globl	trampoline_start, trampoline_end
	.globl	trampoline_far32, trampoline_far64, trampoline_cr3
	.code16
trampoline_start:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	xorl	%ebx, %ebx
	movw	%cs, %bx
	shll	$4, %ebx		/* ebx: linear address of this page */
	lgdtl	TRAMPOLINE(trampoline_gdtr)
	movl	$(BOOT_CR0_PE | BOOT_CR0_ET), %eax
	movl	%eax, %cr0
	ljmpl	*TRAMPOLINE(trampoline_far32)

	.code32
trampoline_32:
	movw	$BOOT_DS, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movl	$BOOT_CR4_PAE, %eax
	movl	%eax, %cr4
	movl	TRAMPOLINE(trampoline_cr3)(%ebx), %eax
	movl	%eax, %cr3
	movl	$BOOT_MSR_EFER, %ecx
	rdmsr
	orl	$BOOT_EFER_LONG, %eax
	wrmsr
	movl	$BOOT_CR0_LONG, %eax
	movl	%eax, %cr0
	ljmpl	*TRAMPOLINE(trampoline_far64)(%ebx)

	.code64
trampoline_64:
	movq	$ap_entry, %rax
	jmp	*%rax

	.balign	8
trampoline_gdtr:
	.word	31
	.long	boot_gdt
	.balign	4
trampoline_far32:
	.long	TRAMPOLINE(trampoline_32)	/* smpboot.c adds the page address */
	.word	BOOT_CS32
	.balign	4
trampoline_far64:
	.long	TRAMPOLINE(trampoline_64)	/* smpboot.c adds the page address */
	.word	BOOT_CS64
	.balign	4
trampoline_cr3:
	.long	boot_pml4
trampoline_end:
