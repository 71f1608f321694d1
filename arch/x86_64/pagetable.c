/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables of user address spaces: four levels, 4 KiB pages only.
 *
 * The caller holds mm->page_lock of the address space.  The kernel half of a root is copied when
 * the root is made, and is constant (see kmap.c).  The tables of an address space are linked
 * through their struct page, the root first.  A process that forks and dies has few tables,
 * nearly empty; a search for them would cost more than the rest of its end.
 */
#include <neurath/arch.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include "pagetable.h"
#include "x86.h"

#define USER_ROOT_ENTRIES	(PTE_ENTRIES / 2)

phys_addr_t pgd_alloc(void)
{
	struct page *page = page_alloc(0, GFP_KERNEL);
	pte_t *root;

	if (!page)
		return 0;
	page->next = NULL;
	root = page_to_virt(page);
	memset(root, 0, USER_ROOT_ENTRIES * sizeof(pte_t));
	memcpy(root + USER_ROOT_ENTRIES,
	       (pte_t *)phys_to_virt(kernel_pgd) + USER_ROOT_ENTRIES,
	       USER_ROOT_ENTRIES * sizeof(pte_t));
	return page_to_phys(page);
}

size_t pgd_pages(phys_addr_t pgd)
{
	size_t n = 0;

	for (struct page *page = phys_to_page(pgd); page; page = page->next)
		n++;
	return n;
}

void pgd_free(phys_addr_t pgd)
{
	struct page *page = phys_to_page(pgd);

	while (page) {
		struct page *next = page->next;

		page_put(page);
		page = next;
	}
}

/* Allocates a new table for the address space of @pgd, and enters it at @entry. */
static bool pagetable_add(phys_addr_t pgd, pte_t *entry)
{
	struct page *page = page_alloc(0, GFP_KERNEL | __GFP_ZERO);
	struct page *root = phys_to_page(pgd);

	if (!page)
		return false;
	page->next = root->next;
	root->next = page;
	WRITE_ONCE(*entry, page_to_phys(page) | PTE_TABLE);
	return true;
}

pte_t *pte_walk(phys_addr_t pgd, unsigned long va, bool create)
{
	pte_t *table = phys_to_virt(pgd);

	for (int level = 4; level > 1; level--) {
		pte_t *entry = &table[PTE_INDEX(va, level)];

		if (!(*entry & PTE_PRESENT) && !(create && pagetable_add(pgd, entry)))
			return NULL;
		table = phys_to_virt(*entry & PTE_ADDRESS);
	}
	return &table[PTE_INDEX(va, 1)];
}

unsigned long pte_next_table(phys_addr_t pgd, unsigned long va, unsigned long end)
{
	while (va < end) {
		pte_t *table = phys_to_virt(pgd);
		int level = 4;

		for (; level > 1; level--) {
			pte_t entry = table[PTE_INDEX(va, level)];

			if (!(entry & PTE_PRESENT))
				break;
			table = phys_to_virt(entry & PTE_ADDRESS);
		}
		if (level == 1)
			return va;
		va = (va & ~(PTE_SPAN(level) - 1)) + PTE_SPAN(level);
	}
	return end;
}
