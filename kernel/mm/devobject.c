/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects for drivers: the registers of a device, and contiguous memory for its DMA.
 * kernel/ipc/pci.c decides which driver gets them and for how long.  These objects are not
 * cached, not shared by name and not copied on write.
 */
#include <neurath/bug.h>
#include "internal.h"

struct vmobject *vmobject_of_device(phys_addr_t start, size_t size, void (*release)(void *owner),
				    void *owner)
{
	struct vmobject *o = vmobject_alloc(size >> PAGE_SHIFT);

	debug_assert(start && !((start | size) & ~PAGE_MASK));
	if (!o)
		return NULL;
	o->device = start;
	o->release = release;
	o->owner = owner;
	return o;
}

/* The smallest order whose block holds @nr_pages. */
static unsigned contiguous_order(size_t nr_pages)
{
	unsigned order = 0;

	while (BIT(order) < nr_pages)
		order++;
	return order;
}

struct vmobject *vmobject_contiguous(size_t size)
{
	size_t nr_pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	unsigned order = contiguous_order(nr_pages);
	struct vmobject *o;
	struct page *block;

	if (!nr_pages || order > PAGE_MAX_ORDER)
		return NULL;
	o = vmobject_alloc(nr_pages);
	block = o ? page_alloc(order, GFP_KERNEL | __GFP_ZERO) : NULL;
	if (!block) {
		if (o)
			vmobject_put(o);
		return NULL;
	}
	page_split(block);
	for (size_t i = 0; i < BIT(order); i++) {
		if (i < nr_pages)
			o->pages[i] = block + i;
		else
			page_put(block + i);
	}
	o->nr_present = nr_pages;
	return o;
}
