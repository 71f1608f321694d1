/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making pages present: demand-zero, copy-on-write, pages of objects.  Taken for
 * the process itself by the page-fault trap, and on its behalf by vm_pin_page().
 *
 * The caller holds nothing ranked above RANK_MMAP and may sleep.  All kinds of
 * faults end in one of three ways of entering a page:
 *	- a fresh private page where nothing was,
 *	- the object's own page (shared, or read-only until somebody writes),
 *	- a private copy in place of a page that others see, too.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/sched.h>
#include "area.h"
#include "internal.h"

/* Pages of an object that one read fault enters at most: aligned, so within one table. */
#define FAULT_AROUND	16

struct page *vm_alloc_page(struct mm *mm, gfp_t gfp)
{
	/* A server that ran dry would take its clients with it. */
	bool privileged = mm == current->mm && (current->pflags & PF_SERVER);
	struct page *page;

	if (!privileged)
		gfp |= __GFP_USER;
	page = page_alloc(0, gfp);
	if (page)
		return page;
	vmobject_shrink_cache();
	return page_alloc(0, gfp);
}

/*
 * Replaces the entry @old of @va by @page, which gives its reference.  Entries only
 * change under mmap_lock, which the caller has held since it read @old.
 */
static int fault_enter(struct mm *mm, struct vm_area *area, unsigned long va, pte_t old,
		       struct page *page, bool writable)
{
	pte_t *pte;

	spin_lock(&mm->page_lock);
	pte = pte_walk(mm->pgd, va, true);
	if (pte) {
		assert(pte_mapped(*pte) == pte_mapped(old));
		WRITE_ONCE(*pte, pte_make(page_to_phys(page), vm_pte_prot(area, writable)));
		mm->rss += !pte_mapped(old);
	}
	spin_unlock(&mm->page_lock);
	if (pte)
		return 0;
	page_put(page);
	return -ENOMEM;
}

/* A private page that replaces nothing, or the object's page @from. */
static int fault_private_new(struct mm *mm, struct vm_area *area, unsigned long va,
			     struct page *from)
{
	struct page *page = vm_alloc_page(mm, from ? 0 : __GFP_ZERO);

	if (!page)
		return -ENOMEM;
	if (from) {
		page_copy(page_to_virt(page), page_to_virt(from));
		area->flags |= VM_COPIED;
	}
	return fault_enter(mm, area, va, 0, page, true);
}

/* The only owner of a private page writes to it: nothing to copy any more. */
static int fault_reuse(struct mm *mm, struct vm_area *area, unsigned long va, pte_t old)
{
	pte_t *pte;

	spin_lock(&mm->page_lock);
	pte = pte_walk(mm->pgd, va, false);
	WRITE_ONCE(*pte, pte_make(pte_phys(old), vm_pte_prot(area, true)));
	spin_unlock(&mm->page_lock);
	/* More access than before: a CPU with the old entry only takes one fault more. */
	tlb_flush_page_local(va);
	return 0;
}

/* A write to a present page without write access in a private area. */
static int fault_copy_on_write(struct mm *mm, struct vm_area *area, unsigned long va, pte_t old)
{
	struct page *from = phys_to_page(pte_phys(old)), *page;
	int err;

	/*
	 * One reference is this entry's, so nobody else can add one: all that could
	 * (fork, pin) go through this entry, under mmap_lock or page_lock.
	 */
	if (atomic_read(&from->refs) == 1)
		return fault_reuse(mm, area, va, old);
	page = vm_alloc_page(mm, 0);
	if (!page)
		return -ENOMEM;
	page_copy(page_to_virt(page), page_to_virt(from));
	err = fault_enter(mm, area, va, old, page, true);
	if (err)
		return err;
	if (area->object)
		area->flags |= VM_COPIED;
	/* Other threads must not read the old page any more before it can be freed. */
	tlb_flush_mm_range(mm, va, va + PAGE_SIZE);
	page_put(from);
	return 0;
}

static size_t fault_object_index(const struct vm_area *area, unsigned long va)
{
	return (area->offset + (va - area->start)) >> PAGE_SHIFT;
}

/* Enters the present pages of the object around @va, without write access unless shared. */
static int fault_around(struct mm *mm, struct vm_area *area, unsigned long va)
{
	unsigned long first = align_down(va, FAULT_AROUND * PAGE_SIZE);
	unsigned long end = min(first + FAULT_AROUND * PAGE_SIZE, area->end);
	struct vmobject *o = area->object;
	int prot = vm_pte_prot(area, false);
	size_t index;
	pte_t *pte;

	first = max(first, area->start);
	index = fault_object_index(area, first);
	spin_lock(&mm->page_lock);
	pte = pte_walk(mm->pgd, first, true);
	for (; pte && first < end && index < o->nr_pages; first += PAGE_SIZE, index++, pte++) {
		struct page *page = READ_ONCE(o->pages[index]);

		if (!page || pte_mapped(*pte))
			continue;
		page_get(page);
		WRITE_ONCE(*pte, pte_make(page_to_phys(page), prot));
		mm->rss++;
	}
	spin_unlock(&mm->page_lock);
	return pte ? 0 : -ENOMEM;
}

/* Nothing can be missing but the entry, and no page is counted. */
static int fault_device(struct mm *mm, struct vm_area *area, unsigned long va)
{
	phys_addr_t pa = area->object->device + (fault_object_index(area, va) << PAGE_SHIFT);
	pte_t *pte;

	spin_lock(&mm->page_lock);
	pte = pte_walk(mm->pgd, va, true);
	if (pte) {
		WRITE_ONCE(*pte, pte_make(pa, vm_pte_prot(area, true)));
		mm->rss++;
	}
	spin_unlock(&mm->page_lock);
	return pte ? 0 : -ENOMEM;
}

/* Nothing is present at @va of an area with an object. */
static int fault_object(struct mm *mm, struct vm_area *area, unsigned long va, unsigned access)
{
	size_t index = fault_object_index(area, va);
	struct page *page;

	if (index >= area->object->nr_pages)
		return -EIO;
	if (area->flags & VM_DEVICE)
		return fault_device(mm, area, va);
	page = vmobject_page(area->object, index);
	if (!page)
		return -ENOMEM;
	if (!(area->flags & VM_SHARED) && access == VM_WRITE)
		return fault_private_new(mm, area, va, page);
	if (!(area->flags & VM_SHARED))
		return fault_around(mm, area, va);
	page_get(page);
	return fault_enter(mm, area, va, 0, page, true);
}

int vm_make_private(struct mm *mm, struct vm_area *area, unsigned long va)
{
	struct page *from = NULL;
	pte_t *pte, old;

	assert(!(area->flags & VM_SHARED));
	spin_lock(&mm->page_lock);
	pte = pte_walk(mm->pgd, va, false);
	old = pte ? *pte : 0;
	spin_unlock(&mm->page_lock);
	if (pte_mapped(old))
		return pte_writable(old) ? 0 : fault_copy_on_write(mm, area, va, old);
	if (area->object) {
		size_t index = fault_object_index(area, va);

		if (index >= area->object->nr_pages)
			return -EIO;
		from = vmobject_page(area->object, index);
		if (!from)
			return -ENOMEM;
	}
	return fault_private_new(mm, area, va, from);
}

static bool fault_access_allowed(const struct vm_area *area, unsigned access)
{
	/* The processor cannot refuse reads of what may be written or executed. */
	if (access == VM_READ)
		return area->flags & VM_ACCESS;
	return area->flags & access;
}

static int fault_in_area(struct mm *mm, struct vm_area *area, unsigned long va, unsigned access)
{
	pte_t *pte, old;

	if (!fault_access_allowed(area, access))
		return -EACCES;
	spin_lock(&mm->page_lock);
	pte = pte_walk(mm->pgd, va, false);
	old = pte ? *pte : 0;
	spin_unlock(&mm->page_lock);

	if (pte_mapped(old)) {
		if (access == VM_WRITE && !pte_writable(old) && !(area->flags & VM_SHARED))
			return fault_copy_on_write(mm, area, va, old);
		/* Another thread was faster, or this CPU remembers an entry with less access. */
		tlb_flush_page_local(va);
		return 0;
	}
	if (area->object)
		return fault_object(mm, area, va, access);
	return fault_private_new(mm, area, va, NULL);
}

static int fault_locked(struct mm *mm, unsigned long va, unsigned access)
{
	struct vm_area *area = vm_find(mm, va);
	int err;

	if (!area)
		return -EFAULT;
	if (area->start > va) {
		err = vm_grow_stack(mm, area, va);
		if (err)
			return err;
	}
	return fault_in_area(mm, area, va, access);
}

int vm_fault(struct mm *mm, unsigned long addr, unsigned access)
{
	int err;

	if (addr < USER_MIN || addr >= USER_MAX)
		return -EFAULT;
	mutex_lock(&mm->mmap_lock);
	err = fault_locked(mm, addr & PAGE_MASK, access);
	mutex_unlock(&mm->mmap_lock);
	return err;
}
