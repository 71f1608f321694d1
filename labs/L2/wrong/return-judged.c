/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The return address is looked up, instead of the call before it. The difference is one byte, and the result is right
 * for nearly all calls: it is wrong for a call that is the last instruction of a function.
 *
 * loses: P3
 */
/* splice: arch/x86_64/unwind.c */
static notrace enum unwind_reason unwind_emit(struct unwind *u, unsigned long addr)
{
	if (!kernel_text_address(addr))
		return UNWIND_BAD_ADDRESS;
	if (u->n == u->room)
		return UNWIND_TOO_DEEP;
	u->entries[u->n++] = addr;
	return UNWIND_OK;
}
