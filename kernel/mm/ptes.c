/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on the page-table entries of a range: remove pages, change access, move, and copy
 * for a fork.
 *
 * The caller holds mmap_lock; page_lock is taken for at most one page table (512 entries) at a
 * time.  An entry is "mapped" if it contains a page, even if it allows no access (PROT_NONE).  A
 * page is removed in three steps, always in this order: the entry is cleared, all CPUs flush it,
 * the reference on the page is dropped.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/sched.h>
#include "internal.h"

#define ZAP_BATCH	64

int vm_pte_prot(const struct vm_area *area, bool writable)
{
	int prot = area->flags & VM_DEVICE ? PTE_USER_DEVICE : 0;

	if (!(area->flags & VM_ACCESS))
		return prot | PTE_USER_NONE;
	if (writable && (area->flags & VM_WRITE))
		prot |= PTE_USER_WRITE;
	if (area->flags & VM_EXEC)
		prot |= PTE_USER_EXEC;
	return prot;
}

/* The end of the part of [va, end) that one page table maps. */
static unsigned long ptes_table_end(unsigned long va, unsigned long end)
{
	return min(end, (va | (PTE_TABLE_SPAN - 1)) + 1);
}

struct zap {
	unsigned nr;
	struct page *pages[ZAP_BATCH];
};

/* Clears entries from @va on until the table ends or the batch is full; where it stopped. */
static unsigned long zap_table(struct mm *mm, struct zap *zap, unsigned long va, unsigned long end)
{
	pte_t *pte;

	spin_lock(&mm->page_lock);
	pte = pte_walk(mm->pgd, va, false);
	for (; va < end && zap->nr < ZAP_BATCH; va += PAGE_SIZE, pte++) {
		pte_t old = *pte;

		if (!pte_mapped(old))
			continue;
		WRITE_ONCE(*pte, 0);
		mm->rss--;
		/* Device registers are not memory pages; the slot still counts for the flush. */
		zap->pages[zap->nr++] = pte_device(old) ? NULL : phys_to_page(pte_phys(old));
	}
	spin_unlock(&mm->page_lock);
	return va;
}

void vm_zap(struct mm *mm, struct vm_area *area, unsigned long start, unsigned long end, bool flush)
{
	struct zap zap;
	unsigned long va = start;

	debug_assert(area->start <= start && end <= area->end);
	while ((va = pte_next_table(mm->pgd, va, end)) < end) {
		unsigned long from = va;

		zap.nr = 0;
		va = zap_table(mm, &zap, va, ptes_table_end(va, end));
		if (flush && zap.nr)
			tlb_flush_mm_range(mm, from, va);
		for (unsigned i = 0; i < zap.nr; i++) {
			if (zap.pages[i])
				page_put(zap.pages[i]);
		}
		cond_resched();
	}
}

static bool reprotect_table(struct mm *mm, struct vm_area *area, unsigned long va,
			    unsigned long end)
{
	bool shared = area->flags & VM_SHARED;
	bool changed = false;
	pte_t *pte;

	spin_lock(&mm->page_lock);
	pte = pte_walk(mm->pgd, va, false);
	for (; va < end; va += PAGE_SIZE, pte++) {
		pte_t old = *pte, new;

		if (!pte_mapped(old))
			continue;
		/*
		 * A private page that was not writable may be shared: the fault decides.
		 */
		new = pte_make(pte_phys(old), vm_pte_prot(area, shared || pte_writable(old)));
		if (new == old)
			continue;
		WRITE_ONCE(*pte, new);
		changed = true;
	}
	spin_unlock(&mm->page_lock);
	return changed;
}

void vm_reprotect(struct mm *mm, struct vm_area *area)
{
	unsigned long va = area->start;
	bool changed = false;

	while ((va = pte_next_table(mm->pgd, va, area->end)) < area->end) {
		unsigned long end = ptes_table_end(va, area->end);

		changed |= reprotect_table(mm, area, va, end);
		va = end;
		cond_resched();
	}
	if (changed)
		tlb_flush_mm_range(mm, area->start, area->end);
}

/* Allocates all page tables of [va, va + len), so that the following steps cannot fail. */
static int ptes_make_tables(struct mm *mm, unsigned long va, unsigned long len)
{
	unsigned long end = va + len;

	while (va < end) {
		pte_t *pte;

		spin_lock(&mm->page_lock);
		pte = pte_walk(mm->pgd, va, true);
		spin_unlock(&mm->page_lock);
		if (!pte)
			return -ENOMEM;
		va = ptes_table_end(va, end);
	}
	return 0;
}

int vm_move_ptes(struct mm *mm, struct vm_area *area, unsigned long from, unsigned long to,
		 unsigned long len)
{
	unsigned long va = from, end = from + len;
	int error = ptes_make_tables(mm, to, len);

	if (error)
		return error;
	while ((va = pte_next_table(mm->pgd, va, end)) < end) {
		unsigned long stop = min(ptes_table_end(va, end),
					 ptes_table_end(va - from + to, to + len) - to + from);
		pte_t *src, *dst;

		spin_lock(&mm->page_lock);
		src = pte_walk(mm->pgd, va, false);
		dst = pte_walk(mm->pgd, va - from + to, false);
		for (; va < stop; va += PAGE_SIZE, src++, dst++) {
			WRITE_ONCE(*dst, *src);
			WRITE_ONCE(*src, 0);
		}
		spin_unlock(&mm->page_lock);
	}
	/* No page was freed, but no CPU may use the old addresses after the call returns. */
	tlb_flush_mm_range(mm, from, end);
	return 0;
}

/*
 * Copies one table.  Private writable entries lose their write access on both sides: the next
 * writer copies.  @new is not visible to other tasks yet.
 */
static bool fork_copy_table(struct mm *new, struct mm *old, pte_t *dst, unsigned long va,
			    unsigned long end)
{
	bool changed = false;
	size_t count = 0;
	pte_t *src;

	spin_lock(&old->page_lock);
	src = pte_walk(old->pgd, va, false);
	for (; va < end; va += PAGE_SIZE, src++, dst++) {
		pte_t pte = *src;

		if (!pte_mapped(pte))
			continue;
		if (pte_writable(pte)) {
			pte = pte_wrprotect(pte);
			WRITE_ONCE(*src, pte);
			changed = true;
		}
		page_get(phys_to_page(pte_phys(pte)));
		*dst = pte;
		count++;
	}
	new->rss += count;
	spin_unlock(&old->page_lock);
	return changed;
}

int vm_copy_ptes(struct mm *new, struct mm *old, struct vm_area *area, bool *flush)
{
	unsigned long va = area->start;

	/*
	 * Pages that an object can supply again are cheaper to fault in: most children call exec.
	 */
	if (area->object && !(area->flags & VM_COPIED))
		return 0;
	while ((va = pte_next_table(old->pgd, va, area->end)) < area->end) {
		unsigned long end = ptes_table_end(va, area->end);
		pte_t *dst = pte_walk(new->pgd, va, true);

		if (!dst)
			return -ENOMEM;
		*flush |= fork_copy_table(new, old, dst, va, end);
		va = end;
	}
	return 0;
}
