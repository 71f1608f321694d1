/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page faults: makes pages present by demand-zero, copy-on-write, or from objects.  Called for
 * the process itself by the page-fault trap, and on its behalf by vm_pin_page().
 *
 * The caller holds no lock that ranks above RANK_MMAP, and may sleep.  Every kind of fault ends
 * by entering one of three kinds of page:
 *	- a fresh private page where no page was,
 *	- the object's own page (shared, or read-only until a write),
 *	- a private copy in place of a page that is shared.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/sched.h>
#include "area.h"
#include "internal.h"

/* The number of pages of an object that one read fault enters; aligned, so within one table. */
#define FAULT_AROUND	16

struct page *vm_alloc_page(struct mm *mm, gfp_t gfp)
{
	struct page *page;

	/* A server that answers, or an exec, fills the address space of another process. */
	if (mm != current->mm)
		gfp |= mm->privileged ? __GFP_ROOT : __GFP_USER;
	page = page_alloc(0, gfp);
	if (page)
		return page;
	vmobject_shrink_cache();
	return page_alloc(0, gfp);
}

/*
 * One fault.  The entry is looked up once: entries and tables change only under mmap_lock, which
 * is held throughout, and tables stay until the address space ends. page_lock is taken once, to
 * store the new entry: vm_pin_page() reads under page_lock without mmap_lock.
 */
struct vm_fault {
	struct mm *mm;
	struct vm_area *area;
	unsigned long va;		/* address of the page */
	unsigned access;		/* VM_READ, VM_WRITE, VM_EXEC */
	pte_t *pte;			/* its entry; NULL: there is no table yet */
	pte_t old;			/* what the entry held at the beginning */
};

static void fault_look_up(struct vm_fault *f)
{
	f->pte = pte_walk(f->mm->pgd, f->va, false);
	f->old = f->pte ? READ_ONCE(*f->pte) : 0;
}

/* Caller holds page_lock.  False = no memory for a table. */
static bool fault_need_table(struct vm_fault *f)
{
	assert_spin_held(&f->mm->page_lock);
	if (!f->pte)
		f->pte = pte_walk(f->mm->pgd, f->va, true);
	return f->pte != NULL;
}

/* Sets the entry to @new. -ENOMEM: there is no table, and no memory for one. */
static int fault_store(struct vm_fault *f, pte_t new)
{
	bool done;

	spin_lock(&f->mm->page_lock);
	done = fault_need_table(f);
	if (done) {
		assert(pte_mapped(*f->pte) == pte_mapped(f->old));
		WRITE_ONCE(*f->pte, new);
		f->mm->rss += !pte_mapped(f->old);
	}
	spin_unlock(&f->mm->page_lock);
	return done ? 0 : -ENOMEM;
}

/* Sets the entry to @page and consumes the reference on @page. */
static int fault_enter(struct vm_fault *f, struct page *page)
{
	int error = fault_store(f, pte_make(page_to_phys(page), vm_pte_prot(f->area, true)));

	if (error)
		page_put(page);
	return error;
}

/* Enters a new private page: zeroed, or a copy of the object's page @from. */
static int fault_private_new(struct vm_fault *f, struct page *from)
{
	struct page *page = vm_alloc_page(f->mm, from ? 0 : __GFP_ZERO);

	if (!page)
		return -ENOMEM;
	if (from) {
		page_copy(page_to_virt(page), page_to_virt(from));
		f->area->flags |= VM_COPIED;
	}
	return fault_enter(f, page);
}

/* The sole owner of a private page writes to it: no copy is needed. */
static int fault_reuse(struct vm_fault *f)
{
	int error = fault_store(f, pte_make(pte_phys(f->old), vm_pte_prot(f->area, true)));

	/* The entry allows more than before: a CPU with the old entry takes one more fault. */
	tlb_flush_page_local(f->va);
	return error;
}

/* A write to a present page without write access in a private area. */
static int fault_copy_on_write(struct vm_fault *f)
{
	struct page *from = phys_to_page(pte_phys(f->old)), *page;
	int error;

	/*
	 * One reference belongs to this entry, so no other reference can appear: every operation
	 * that could add one (fork, pin) uses this entry, under mmap_lock or page_lock.
	 */
	if (atomic_read(&from->refs) == 1)
		return fault_reuse(f);
	page = vm_alloc_page(f->mm, 0);
	if (!page)
		return -ENOMEM;
	page_copy(page_to_virt(page), page_to_virt(from));
	error = fault_enter(f, page);
	if (error)
		return error;
	if (f->area->object)
		f->area->flags |= VM_COPIED;
	/* Other threads must not read the old page after it can be freed. */
	tlb_flush_mm_range(f->mm, f->va, f->va + PAGE_SIZE);
	page_put(from);
	return 0;
}

static size_t fault_object_index(const struct vm_area *area, unsigned long va)
{
	return (area->offset + (va - area->start)) >> PAGE_SHIFT;
}

/* Enters the present pages of the object around the fault, without write access. */
static int fault_around(struct vm_fault *f)
{
	unsigned long va = align_down(f->va, FAULT_AROUND * PAGE_SIZE);
	unsigned long end = min(va + FAULT_AROUND * PAGE_SIZE, f->area->end);
	struct vmobject *o = f->area->object;
	int prot = vm_pte_prot(f->area, false);
	size_t index;
	pte_t *pte;

	va = max(va, f->area->start);
	index = fault_object_index(f->area, va);
	spin_lock(&f->mm->page_lock);
	if (!fault_need_table(f)) {
		spin_unlock(&f->mm->page_lock);
		return -ENOMEM;
	}
	/* FAULT_AROUND aligned pages are in one table. */
	pte = f->pte - ((f->va - va) >> PAGE_SHIFT);
	for (; va < end && index < o->nr_pages; va += PAGE_SIZE, index++, pte++) {
		struct page *page = READ_ONCE(o->pages[index]);

		if (!page || pte_mapped(*pte))
			continue;
		page_get(page);
		WRITE_ONCE(*pte, pte_make(page_to_phys(page), prot));
		f->mm->rss++;
	}
	spin_unlock(&f->mm->page_lock);
	return 0;
}

/* Enters a page of a device: only the entry is missing, and the page has no count. */
static int fault_device(struct vm_fault *f, size_t index)
{
	phys_addr_t pa = f->area->object->device + (index << PAGE_SHIFT);

	return fault_store(f, pte_make(pa, vm_pte_prot(f->area, true)));
}

/* Enters a page of an area with an object, where no page is present. */
static int fault_object(struct vm_fault *f)
{
	size_t index = fault_object_index(f->area, f->va);
	struct page *page;

	if (index >= f->area->object->nr_pages)
		return -EIO;
	if (f->area->flags & VM_DEVICE)
		return fault_device(f, index);
	page = vmobject_page(f->mm, f->area->object, index);
	if (!page)
		return -ENOMEM;
	if (!(f->area->flags & VM_SHARED))
		return f->access == VM_WRITE ? fault_private_new(f, page) : fault_around(f);
	page_get(page);
	return fault_enter(f, page);
}

/* The access is allowed: makes the page present for this access. */
static int fault_resolve(struct vm_fault *f)
{
	fault_look_up(f);
	if (!pte_mapped(f->old))
		return f->area->object ? fault_object(f) : fault_private_new(f, NULL);
	if (f->access == VM_WRITE && !pte_writable(f->old) && !(f->area->flags & VM_SHARED))
		return fault_copy_on_write(f);
	/* Another thread was faster, or this CPU has cached an entry with less access. */
	tlb_flush_page_local(f->va);
	return 0;
}

int vm_make_private(struct mm *mm, struct vm_area *area, unsigned long va)
{
	struct vm_fault f = { .mm = mm, .area = area, .va = va, .access = VM_WRITE };

	assert(!(area->flags & VM_SHARED));
	return fault_resolve(&f);
}

static bool fault_access_allowed(const struct vm_area *area, unsigned access)
{
	/* The processor cannot forbid reading of memory that may be written or executed. */
	if (access == VM_READ)
		return area->flags & VM_ACCESS;
	return area->flags & access;
}

static int fault_locked(struct vm_fault *f)
{
	int error = 0;

	f->area = vm_find(f->mm, f->va);
	if (!f->area)
		return -EFAULT;
	if (f->area->start > f->va)
		error = vm_grow_stack(f->mm, f->area, f->va);
	if (error)
		return error;
	return fault_access_allowed(f->area, f->access) ? fault_resolve(f) : -EACCES;
}

int vm_fault(struct mm *mm, unsigned long addr, unsigned access)
{
	struct vm_fault f = { .mm = mm, .va = addr & PAGE_MASK, .access = access };
	int error;

	if (addr < USER_MIN || addr >= USER_MAX)
		return -EFAULT;
	mutex_lock(&mm->mmap_lock);
	error = fault_locked(&f);
	mutex_unlock(&mm->mmap_lock);
	return error;
}
