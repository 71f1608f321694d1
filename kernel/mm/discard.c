/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frees pages of an anonymous object that exactly one address space maps, which is so for the
 * memory of a port.  Another mapping of the object would keep the old pages, so this is not
 * MADV_REMOVE.  Takes mmap_lock.
 */
#include <neurath/errno.h>
#include "area.h"
#include "internal.h"

/* Removes pages @first to @end - 1 from @o; a copy in progress has its own references. */
static void vmobject_drop_pages(struct vmobject *o, size_t first, size_t end)
{
	for (; first < end; first++) {
		struct page *page;

		spin_lock(&o->lock);
		page = o->pages[first];
		WRITE_ONCE(o->pages[first], NULL);
		o->nr_present -= page != NULL;
		spin_unlock(&o->lock);
		if (page)
			page_put(page);
	}
}

static int vm_discard_locked(struct mm *mm, unsigned long addr, size_t len, struct vmobject *o)
{
	struct vm_area *area = vm_find(mm, addr);
	unsigned long offset;

	if (!area || area->object != o || area->start > addr || area->end - addr < len)
		return -EINVAL;
	offset = area->offset + (addr - area->start);
	vm_zap(mm, area, addr, addr + len, true);
	vmobject_drop_pages(o, offset >> PAGE_SHIFT, (offset + len) >> PAGE_SHIFT);
	return 0;
}

int vm_discard(struct mm *mm, unsigned long addr, size_t len, struct vmobject *o)
{
	int error;

	mutex_lock(&mm->mmap_lock);
	error = vm_discard_locked(mm, addr, len, o);
	mutex_unlock(&mm->mmap_lock);
	return error;
}
