/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The code tests that the first word of the frame is on the stack, and does not test the last word. The usual reason:
 * the test is written as "is this address on the stack", and a frame has more than one address.
 *
 * loses: P4
 */
/* splice: arch/x86_64/unwind.c */
static notrace bool unwind_on_stack(const struct unwind *u, unsigned long addr, size_t size)
{
	return !(addr & 7) && addr >= u->low && addr < u->high;
}
