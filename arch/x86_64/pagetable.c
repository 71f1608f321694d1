/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables of user address spaces: four levels, 4 KiB pages only.
 *
 * The caller holds mm->page_lock of the address space.  The kernel half of a
 * root is copied when it is made and never changes (see kmap.c).
 */
#include <neurath/arch.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include "pagetable.h"
#include "x86.h"

#define USER_ROOT_ENTRIES	(PTE_ENTRIES / 2)

phys_addr_t pgd_alloc(void)
{
	pte_t *root = page_alloc_table();

	if (!root)
		return 0;
	memcpy(root + USER_ROOT_ENTRIES,
	       (pte_t *)phys_to_virt(kernel_pgd) + USER_ROOT_ENTRIES,
	       USER_ROOT_ENTRIES * sizeof(pte_t));
	return virt_to_phys(root);
}

static void pagetable_free(pte_t *table, int level, unsigned int entries)
{
	for (unsigned int i = 0; level > 1 && i < entries; i++)
		if (table[i] & PTE_PRESENT)
			pagetable_free(phys_to_virt(table[i] & PTE_ADDRESS), level - 1,
				       PTE_ENTRIES);
	page_free_table(table);
}

void pgd_free(phys_addr_t pgd)
{
	pagetable_free(phys_to_virt(pgd), 4, USER_ROOT_ENTRIES);
}

pte_t *pte_walk(phys_addr_t pgd, unsigned long va, bool create)
{
	pte_t *table = phys_to_virt(pgd);

	for (int level = 4; level > 1; level--) {
		pte_t *entry = &table[PTE_INDEX(va, level)];

		if (!(*entry & PTE_PRESENT)) {
			pte_t *new = create ? page_alloc_table() : NULL;

			if (!new)
				return NULL;
			WRITE_ONCE(*entry, virt_to_phys(new) | PTE_TABLE);
		}
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
