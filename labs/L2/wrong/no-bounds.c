/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Only the alignment of a frame pointer is tested. Students write this because every stack that they try is correct:
 * a good chain never leaves the stack, so the missing test has no effect. On a damaged stack the walk reads from any
 * address.
 *
 * loses: P4
 */
/* splice: arch/x86_64/unwind.c */
static notrace bool unwind_on_stack(const struct unwind *u, unsigned long addr, size_t size)
{
	return !(addr & 7);
}
