/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page.S - clearing and copying whole pages.
 *
 *	void page_clear(void *va);
 *	void page_copy(void *dst, const void *src);
 *
 * Any context. String instructions: one of the fastest ways on hardware, and by far the fastest under an emulator.
 */
	.text

	.globl page_clear
	.type page_clear, @function
page_clear:
	push	%rbp
	mov	%rsp, %rbp
	xor	%eax, %eax
	mov	$512, %ecx
	rep stosq
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
