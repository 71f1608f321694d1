/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task that has never run "returns" to the first byte of its first function. Without the + 1, the byte before it
 * belongs to another function, and a patch of that function would wait for the task.
 *
 * loses: P3
 */
/* splice: arch/x86_64/unwind.c */
static notrace unsigned long unwind_start_address(unsigned long addr)
{
	return addr;
}
