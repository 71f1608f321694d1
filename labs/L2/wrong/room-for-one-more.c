/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list gets one entry too many: the test of the room uses > in the place of == or >=. The entry behind the array
 * overwrites other data; a test with a deep stack and an address sanitizer finds this.
 *
 * loses: P4
 */
/* splice: arch/x86_64/unwind.c */
static notrace enum unwind_reason unwind_emit(struct unwind *u, unsigned long addr)
{
	if (!kernel_text_address(addr - 1))
		return UNWIND_BAD_ADDRESS;
	if (u->n > u->room)
		return UNWIND_TOO_DEEP;
	u->entries[u->n++] = addr;
	return UNWIND_OK;
}
