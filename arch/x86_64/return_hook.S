/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stub to which a function with a hooked return returns (contract: neurath/return_hook.h).
 *
 * The stack pointer is behind the place of the return address.  The stub puts its own address there
 * again, and a frame below it: an unwinder in an interrupt finds a hooked return, as before.
 */

	.section .entry.text, "ax"

	.balign	16
	.globl	return_hook_stub
	.type	return_hook_stub, @function
return_hook_stub:
	pushq	$return_hook_stub
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rax			/* and rdx: what the function returns */
	pushq	%rdx
	leaq	8(%rbp), %rdi
	call	trace_graph_return
	movq	%rax, 8(%rbp)
	popq	%rdx
	popq	%rax
	popq	%rbp
	ret
	.size	return_hook_stub, . - return_hook_stub
