/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the boot loader's 32-bit protected mode to C in long mode.
 *
 * Entry (multiboot2): eax = magic, ebx = physical address of the boot
 * information, flat segments, paging off, interrupts off, A20 open.
 *
 * The page tables built here are only for the boot.  They map the first 4 GiB writable and
 * executable, at up to three places: identity (for the jump), the direct map, and (only the first
 * GiB) the kernel base. arch/x86_64/kmap.c replaces them.  The application processors use them
 * once more (trampoline.S); then paging_forget_boot_tables() clears them.
 */
#include <generated/asm-offsets.h>
#include "boot.h"

	.section .boot.text, "ax"
	.code32
	.globl	_start
	.type	_start, @function
_start:
	cli
	cld
	cmpl	$MULTIBOOT2_LOADER_MAGIC, %eax
	movl	$boot_msg_loader, %esi
	jne	boot_fail
	movl	$boot_stack_top, %esp
	movl	%ebx, %ebp		/* cpuid destroys ebx */

	/* Long mode and NX are required. */
	movl	$0x80000000, %eax
	cpuid
	movl	$boot_msg_cpu, %esi
	cmpl	$0x80000001, %eax
	jb	boot_fail
	movl	$0x80000001, %eax
	cpuid
	andl	$(1 << 29 | 1 << 20), %edx
	cmpl	$(1 << 29 | 1 << 20), %edx
	jne	boot_fail

	/* 2048 pages of 2 MiB: the first 4 GiB. */
	movl	$boot_pd, %edi
	movl	$BOOT_PDE_2M, %eax
	movl	$2048, %ecx
1:	movl	%eax, (%edi)
	movl	$0, 4(%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	1b

	/* Four directories under the low page-directory-pointer table. */
	movl	$boot_pdpt_low, %edi
	movl	$(boot_pd + BOOT_PTE_TABLE), %eax
	movl	$4, %ecx
2:	movl	%eax, (%edi)
	addl	$4096, %eax
	addl	$8, %edi
	loop	2b
	movl	$(boot_pd + BOOT_PTE_TABLE), boot_pdpt_high + 510 * 8

	movl	$(boot_pdpt_low + BOOT_PTE_TABLE), boot_pml4
	movl	$(boot_pdpt_low + BOOT_PTE_TABLE), boot_pml4 + 273 * 8
	movl	$(boot_pdpt_high + BOOT_PTE_TABLE), boot_pml4 + 511 * 8

	movl	$BOOT_CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$boot_pml4, %eax
	movl	%eax, %cr3
	movl	$BOOT_MSR_EFER, %ecx
	rdmsr
	orl	$BOOT_EFER_LONG, %eax
	wrmsr
	movl	$BOOT_CR0_LONG, %eax
	movl	%eax, %cr0
	lgdt	boot_gdtr
	movl	$BOOT_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	ljmp	$BOOT_CS64, $boot_long

/* esi = physical address of a message: print it on the serial line and stop. */
boot_fail:
	movw	$0x3f8, %dx
3:	lodsb
	testb	%al, %al
	jz	4f
	outb	%al, %dx
	jmp	3b
4:	hlt
	jmp	4b
	.size	_start, . - _start

	.code64
	.type	boot_long, @function
boot_long:
	movq	$boot_high, %rax
	jmp	*%rax
	.size	boot_long, . - boot_long

	/* From here on the code runs at the address for which the kernel is linked. */
	.section .entry.text, "ax"
	.type	boot_high, @function
boot_high:
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movq	$(boot_idle_stack + ASM_KSTACK_SIZE - REGS_SIZE), %rsp
	movl	%ebp, %edi		/* boot information */
	xorl	%ebp, %ebp		/* the stack ends here */
	call	arch_boot
5:	hlt
	jmp	5b
	.size	boot_high, . - boot_high

	.section .boot.rodata, "a"
boot_msg_loader:
	.asciz	"neurath: not started by a multiboot2 loader\r\n"
boot_msg_cpu:
	.asciz	"neurath: this processor has no long mode or no NX\r\n"

	.balign	8
	.globl	boot_gdt
boot_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: 32-bit code */
	.quad	0x00af9b000000ffff	/* 0x10: 64-bit code */
	.quad	0x00cf93000000ffff	/* 0x18: data */
boot_gdt_end:

	.balign	8
	.word	0
	.globl	boot_gdtr
boot_gdtr:
	.word	boot_gdt_end - boot_gdt - 1
	.long	boot_gdt
