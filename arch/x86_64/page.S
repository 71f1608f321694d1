/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clears and copies whole pages.
 *
 *	void page_clear(void *va);
 *	void page_copy(void *dst, const void *src);
 *
 * Any context.  Under an emulator, clearing with plain moves takes less than half the time of rep
 * stosq, and it is not slow on hardware.  Copying with plain moves would take two thirds of the
 * time of rep movsq there, but twice its instructions, and hardware prefers the string
 * instruction.
 */
	.text

	.globl page_clear
	.type page_clear, @function
page_clear:
	push	%rbp
	mov	%rsp, %rbp
	xor	%eax, %eax
	mov	$(4096 / 256), %ecx
.Lclear_next:
	.set	offset, 0
	.rept	32
	mov	%rax, offset(%rdi)
	.set	offset, offset + 8
	.endr
	add	$256, %rdi
	dec	%ecx
	jnz	.Lclear_next
	pop	%rbp
	ret
	.size page_clear, . - page_clear

	.globl page_copy
	.type page_copy, @function
page_copy:
	push	%rbp
	mov	%rsp, %rbp
	mov	$512, %ecx
	rep movsq
	pop	%rbp
	ret
	.size page_copy, . - page_copy
