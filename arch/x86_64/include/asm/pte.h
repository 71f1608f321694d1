/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inline half of <neurath/arch.h> for page-table entries of user pages.  Generic code
 * includes only <neurath/arch.h>; an entry is opaque to it, except that 0 means empty.
 */
#ifndef ASM_PTE_H
#define ASM_PTE_H

#include <neurath/types.h>

typedef u64 pte_t;

#define PTE_PRESENT	(1UL << 0)
#define PTE_WRITE	(1UL << 1)
#define PTE_USER	(1UL << 2)
#define PTE_WT		(1UL << 3)
#define PTE_UNCACHED	(1UL << 4)
#define PTE_ACCESSED	(1UL << 5)
#define PTE_DIRTY	(1UL << 6)
#define PTE_LARGE	(1UL << 7)
#define PTE_GLOBAL	(1UL << 8)
/* A software bit, ignored by the processor: a page that allows no access (PROT_NONE). */
#define PTE_NO_ACCESS	(1UL << 9)
#define PTE_NX		(1UL << 63)
#define PTE_ADDRESS	0x000ffffffffff000UL

#define PTE_USER_WRITE		1
#define PTE_USER_EXEC		2
#define PTE_USER_DEVICE		4	/* registers of a device: not cached, no struct page */
#define PTE_USER_NONE		8	/* keeps the page, allows no access */

/* The range that one table of 4 KiB entries maps. */
#define PTE_TABLE_SPAN	(512 * PAGE_SIZE)

/* @prot: PTE_USER_ bits. */
static __always_inline pte_t pte_make(phys_addr_t pa, int prot)
{
	if (prot & PTE_USER_DEVICE)
		pa |= PTE_UNCACHED | PTE_WT;
	if (prot & PTE_USER_NONE)
		return pa | PTE_NO_ACCESS | PTE_NX;
	/* Accessed and dirty are set in advance, so the processor need not write them. */
	return pa | PTE_PRESENT | PTE_USER | PTE_ACCESSED |
		(prot & PTE_USER_WRITE ? PTE_WRITE | PTE_DIRTY : 0) |
		(prot & PTE_USER_EXEC ? 0 : PTE_NX);
}

/* True if the entry contains a page, accessible or not. */
static __always_inline bool pte_mapped(pte_t pte)
{
	return pte != 0;
}

static __always_inline bool pte_present(pte_t pte)
{
	return pte & PTE_PRESENT;
}

/* True for registers of a device instead of memory: there is no struct page. */
static __always_inline bool pte_device(pte_t pte)
{
	return pte & PTE_UNCACHED;
}

static __always_inline bool pte_writable(pte_t pte)
{
	return pte & PTE_WRITE;
}

static __always_inline phys_addr_t pte_phys(pte_t pte)
{
	return pte & PTE_ADDRESS;
}

static __always_inline pte_t pte_wrprotect(pte_t pte)
{
	return pte & ~PTE_WRITE;
}

#endif
