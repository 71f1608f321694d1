/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The common code of the trampolines of traced functions (trace_site.c), with r11 = the site: a
 * stub for each tracer.  The function's slot jumped here, so the stack is that of the call: the
 * return address is on top.
 *
 * The registers of arguments are saved.  rax is not: it holds the number of vector registers of a
 * variadic call, and the kernel has none.
 *
 * In .entry.text, because it does not end in a return: after the frame it jumps to the function.
 * No task sleeps below it, and a task that is interrupted in it is not judged.
 */
#include <generated/asm-offsets.h>

	.section .entry.text, "ax"

/* @second: the second argument of @tracer, with the return address at 8(%rbp). */
.macro TRACE_STUB name, tracer, second:vararg
	.balign	16
	.globl	\name
	.type	\name, @function
\name:
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%r8
	pushq	%r9
	pushq	%r11
	movq	TRACE_SITE_FUNC(%r11), %rdi
	\second, %rsi
	call	\tracer
	popq	%r11
	popq	%r9
	popq	%r8
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	popq	%rbp
	/*
	 * One instruction reads the target and jumps: a serialising round cannot come in between.
	 */
	jmp	*TRACE_SITE_GOES_TO(%r11)
	.size	\name, . - \name
.endm

	TRACE_STUB trace_function_stub, trace_function, movq 8(%rbp)
	TRACE_STUB trace_graph_stub, trace_graph_enter, leaq 8(%rbp)
