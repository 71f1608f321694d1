/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame's first word is on the stack, and nobody asks about the last one.  The usual reason: the
 * test is written as "is this address on the stack", and a frame is more than an address.
 *
 * loses: P4
 */
/* splice: arch/x86_64/unwind.c */
static notrace bool unwind_on_stack(const struct unwind *u, unsigned long addr, size_t size)
{
	return !(addr & 7) && addr >= u->low && addr < u->high;
}
