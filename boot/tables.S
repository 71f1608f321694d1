/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for the start: the page tables for the change to long mode, a small first stack, and the
 * boot CPU's kernel stack.
 */
#include <generated/asm-offsets.h>
#include "boot.h"

	.section .boot.bss, "aw", @nobits
	.balign	4096
	.globl	boot_pml4, boot_pdpt_low, boot_pdpt_high, boot_pd, boot_tables_end, boot_stack_top
boot_pml4:
	.skip	4096
boot_pdpt_low:
	.skip	4096
boot_pdpt_high:
	.skip	4096
boot_pd:
	.skip	4 * 4096
boot_tables_end:
boot_stack:
	.skip	256
boot_stack_top:

	/* The boot CPU's first stack, later that of its idle task. */
	.section .bss..page_aligned, "aw", @nobits
	.balign	4096
	.globl	boot_idle_stack, boot_idle_guard
boot_idle_guard:
	.skip	4096			/* stays unmapped */
boot_idle_stack:
	.skip	ASM_KSTACK_SIZE
