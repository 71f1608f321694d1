/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to user memory: the only code of the kernel that makes them.
 *
 *	size_t uaccess_copy(void *dst, const void *src, size_t n);	bytes not copied
 *	size_t uaccess_clear(void *dst, size_t n);			bytes not cleared
 *	long uaccess_strncpy(char *dst, const char *src, size_t n);	length, n if no NUL, -EFAULT
 *	long uaccess_cmpxchg32(u32 *p, u32 expect, u32 new, u32 *old);	0 or -EFAULT
 *
 * The caller has checked the range of the user pointer.  A fault at one of the marked
 * instructions is first passed to the address space, which may sleep.  If it cannot be repaired,
 * execution continues at the label of __ex_table with all registers as at the fault.  Every
 * function has its frame before its first access to user memory, so that the stack of a task that
 * sleeps in such a fault is reliable.  All functions return by USER_CLOSE_RETURN.
 */
#include <uapi/errno.h>

	.section .uaccess.text, "ax"

.macro FAULT_GOES_TO label
	.pushsection __ex_table, "a"
	.balign 8
	.quad .Linsn\@, \label
	.popsection
.Linsn\@:
.endm

.macro USER_OPEN
	push	%rbp
	mov	%rsp, %rbp
	cmpb	$0, cpu_has_smap(%rip)
	je	.Lopen\@
	stac
.Lopen\@:
.endm

.macro USER_CLOSE_RETURN
	cmpb	$0, cpu_has_smap(%rip)
	je	.Lclose\@
	clac
.Lclose\@:
	pop	%rbp
	ret
.endm

.macro FUNCTION name
	.globl \name
	.type \name, @function
\name:
.endm

/*
 * Copies words first, then the rest byte by byte.  After a fault among the words it continues
 * byte by byte, so that the count is exact.
 */
FUNCTION uaccess_copy
	USER_OPEN
	cmp	$8, %rdx
	je	.Lcopy_word
	mov	%rdx, %rcx
	shr	$3, %rcx
	jz	.Lcopy_bytes
	FAULT_GOES_TO .Lcopy_words_fault
	rep movsq
.Lcopy_bytes:
	mov	%edx, %ecx
	and	$7, %ecx
.Lcopy_tail:
	FAULT_GOES_TO .Lcopy_done
	rep movsb
.Lcopy_done:
	mov	%rcx, %rax
	USER_CLOSE_RETURN
.Lcopy_words_fault:
	and	$7, %edx
	lea	(%rdx, %rcx, 8), %rcx
	jmp	.Lcopy_tail
.Lcopy_word:
	FAULT_GOES_TO .Lcopy_word_fault
	mov	(%rsi), %rax
	FAULT_GOES_TO .Lcopy_word_fault
	mov	%rax, (%rdi)
	xor	%eax, %eax
	USER_CLOSE_RETURN
.Lcopy_word_fault:
	mov	%rdx, %rcx
	jmp	.Lcopy_tail
	.size uaccess_copy, . - uaccess_copy

FUNCTION uaccess_clear
	USER_OPEN
	xor	%eax, %eax
	mov	%rsi, %rcx
	shr	$3, %rcx
	FAULT_GOES_TO .Lclear_words_fault
	rep stosq
	mov	%esi, %ecx
	and	$7, %ecx
.Lclear_tail:
	FAULT_GOES_TO .Lclear_done
	rep stosb
.Lclear_done:
	mov	%rcx, %rax
	USER_CLOSE_RETURN
.Lclear_words_fault:
	and	$7, %esi
	lea	(%rsi, %rcx, 8), %rcx
	jmp	.Lclear_tail
	.size uaccess_clear, . - uaccess_clear

/*
 * Copies a word wherever the next word lies in one page and within n, so the words touch no page
 * that the string does not reach.  A byte of zero is found as in strlen().  The bytes behind the
 * NUL in its word are copied, too.
 */
FUNCTION uaccess_strncpy
	USER_OPEN
	xor	%eax, %eax
	movabs	$0x0101010101010101, %r8
	mov	%r8, %r9
	shl	$7, %r9
.Lstrncpy_next:
	lea	8(%rax), %r10
	cmp	%rdx, %r10
	ja	.Lstrncpy_byte
	lea	(%rsi, %rax), %ecx
	and	$0xfff, %ecx
	cmp	$0xff8, %ecx
	ja	.Lstrncpy_byte
	FAULT_GOES_TO .Lstrncpy_fault
	mov	(%rsi, %rax), %rcx
	mov	%rcx, (%rdi, %rax)
	mov	%rcx, %r11
	sub	%r8, %rcx
	not	%r11
	and	%r11, %rcx
	and	%r9, %rcx
	jnz	.Lstrncpy_end
	mov	%r10, %rax
	jmp	.Lstrncpy_next
.Lstrncpy_end:
	bsf	%rcx, %rcx
	shr	$3, %ecx
	add	%rcx, %rax
	jmp	.Lstrncpy_done
.Lstrncpy_byte:
	cmp	%rdx, %rax
	je	.Lstrncpy_done
	FAULT_GOES_TO .Lstrncpy_fault
	mov	(%rsi, %rax), %cl
	mov	%cl, (%rdi, %rax)
	test	%cl, %cl
	jz	.Lstrncpy_done
	inc	%rax
	jmp	.Lstrncpy_next
.Lstrncpy_fault:
	mov	$-EFAULT, %rax
.Lstrncpy_done:
	USER_CLOSE_RETURN
	.size uaccess_strncpy, . - uaccess_strncpy

FUNCTION uaccess_cmpxchg32
	USER_OPEN
	mov	%rcx, %r8
	mov	%esi, %eax
	FAULT_GOES_TO .Lcmpxchg_fault
	lock cmpxchg %edx, (%rdi)
	mov	%eax, (%r8)
	xor	%eax, %eax
.Lcmpxchg_done:
	USER_CLOSE_RETURN
.Lcmpxchg_fault:
	mov	$-EFAULT, %rax
	jmp	.Lcmpxchg_done
	.size uaccess_cmpxchg32, . - uaccess_cmpxchg32
