/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The direct loader's header and entry, by version 1 of multiboot, which QEMU's -kernel knows.
 *
 * eax = magic, ebx = information; flat segments, paging and interrupts off.
 */
#define MULTIBOOT_MAGIC		0x1badb002
#define MULTIBOOT_FLAGS		3		/* modules on page boundaries, memory map */

	.text
	.balign	4
	.long	MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.globl	_start
_start:
	cld
	movl	$direct_stack_end, %esp
	pushl	%ebx
	call	direct_load

/* direct_jump(entry, information): the kernel, as a multiboot2 loader calls it. */
	.globl	direct_jump
direct_jump:
	movl	4(%esp), %ecx
	movl	8(%esp), %ebx
	movl	$0x36d76289, %eax
	jmp	*%ecx

	.bss
	.balign	16
	.skip	4096
direct_stack_end:
