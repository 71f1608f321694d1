/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access to an address space that may differ from current's: pages are pinned and accessed
 * through the direct map.  Used by calls to servers (leases), /proc, exec and tracers.
 *
 * A pinned page stays its owner's page until the owner forks.  Then each side may get a copy at
 * its next write, and the pin may be on the other side's page.  So a pin may last only for the
 * time of one copy.
 */
#include <neurath/errno.h>
#include <neurath/bug.h>
#include <neurath/string.h>
#include "internal.h"

/*
 * The present page at @addr with enough access, or NULL.  Needs no mmap_lock: under page_lock the
 * entry keeps its reference.  Device registers are always present and are not pinned.
 */
static struct page *pin_present(struct mm *mm, unsigned long addr, bool write)
{
	struct page *page = NULL;
	pte_t *pte;

	spin_lock(&mm->page_lock);
	pte = pte_walk(mm->pgd, addr, false);
	if (pte && pte_present(*pte) && (!write || pte_writable(*pte)) && !pte_device(*pte)) {
		page = phys_to_page(pte_phys(*pte));
		page_get(page);
	}
	spin_unlock(&mm->page_lock);
	return page;
}

#define PIN_ATTEMPTS	16

int vm_pin_page(struct mm *mm, unsigned long addr, bool write, struct page **out)
{
	if (addr < USER_MIN || addr >= USER_MAX)
		return -EFAULT;
	/* Another thread may remove the page between the fault and the pin. */
	for (unsigned i = 0; i < PIN_ATTEMPTS; i++) {
		int error;

		*out = pin_present(mm, addr, write);
		if (*out)
			return 0;
		error = vm_fault(mm, addr, write ? VM_WRITE : VM_READ);
		if (error)
			return error == -ENOMEM ? error : -EFAULT;
	}
	return -EFAULT;
}

/* Like vm_pin_page() for writing, for a private mapping that need not be writable. */
static int vm_pin_forced(struct mm *mm, unsigned long addr, struct page **out)
{
	struct vm_area *area;
	int error = -EFAULT;

	if (addr < USER_MIN || addr >= USER_MAX)
		return -EFAULT;
	mutex_lock(&mm->mmap_lock);
	area = vm_find(mm, addr);
	if (area && area->start <= addr && !(area->flags & VM_SHARED))
		error = vm_make_private(mm, area, addr & PAGE_MASK);
	if (!error) {
		*out = pin_present(mm, addr, false);
		error = *out ? 0 : -EFAULT;
	}
	mutex_unlock(&mm->mmap_lock);
	return error;
}

enum vm_copy_how { VM_COPY_FROM, VM_COPY_TO, VM_COPY_FORCED };

static int vm_copy_pin(struct mm *mm, unsigned long addr, enum vm_copy_how how, struct page **out)
{
	int error = vm_pin_page(mm, addr, how != VM_COPY_FROM, out);

	return error == -EFAULT && how == VM_COPY_FORCED ? vm_pin_forced(mm, addr, out) : error;
}

/* Copies in one direction: every @how except VM_COPY_FROM reads @buf. */
static ssize_t vm_copy(struct mm *mm, unsigned long addr, void *buf, size_t n,
		       enum vm_copy_how how)
{
	size_t done = 0;
	int error = 0;

	while (done < n) {
		unsigned long off = (addr + done) & ~PAGE_MASK;
		size_t part = min(n - done, PAGE_SIZE - off);
		struct page *page;
		char *va;

		error = vm_copy_pin(mm, addr + done, how, &page);
		if (error)
			break;
		va = (char *)page_to_virt(page) + off;
		if (how != VM_COPY_FROM)
			memcpy(va, (char *)buf + done, part);
		else
			memcpy((char *)buf + done, va, part);
		page_put(page);
		done += part;
	}
	return done || !n ? (ssize_t)done : error;
}

ssize_t vm_copy_from(struct mm *mm, void *dst, unsigned long addr, size_t n)
{
	return vm_copy(mm, addr, dst, n, VM_COPY_FROM);
}

ssize_t vm_copy_to(struct mm *mm, unsigned long addr, const void *src, size_t n)
{
	return vm_copy(mm, addr, (void *)src, n, VM_COPY_TO);
}

ssize_t vm_copy_to_forced(struct mm *mm, unsigned long addr, const void *src, size_t n)
{
	return vm_copy(mm, addr, (void *)src, n, VM_COPY_FORCED);
}
