/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address ranges of the kernel outside of the direct map: vmalloc(), kernel stacks, modules and
 * device registers.  An unmapped guard page follows each range; since ranges do not touch, one
 * also precedes it.
 *
 * Process context with interrupts on: the removal of a mapping waits for all CPUs.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/spinlock.h>
#include <neurath/string.h>
#include "vmap.h"

/* A region of addresses and the ranges in use within it, sorted. */
struct vmap_region {
	unsigned long start, end;	/* (!) */
	spinlock_t lock;
	struct list_head ranges;	/* (lock) */
	struct list_head *hint;		/* (lock) a search starts behind this range */
	bool packed;			/* (!) a small region: search from the start */
};

#define VMAP_REGION(var, s, e, p) \
	static struct vmap_region var = { .start = s, .end = e, .packed = p, \
		.lock = SPINLOCK_INIT(#var, RANK_VMAP), \
		.ranges = LIST_HEAD_INIT(var.ranges), .hint = &var.ranges }
/* Stacks have a region of their own: there can be thousands, and searches skip them. */
#define VMAP_STACKS	(VMAP_BASE + (VMAP_END - VMAP_BASE) / 2)
VMAP_REGION(vmap_main, VMAP_BASE, VMAP_STACKS, false);
VMAP_REGION(vmap_stacks, VMAP_STACKS, VMAP_END, false);
VMAP_REGION(vmap_modules, MODULE_BASE, MODULE_END, true);

static unsigned long vmap_range_end(struct vmap_region *r, struct list_head *pos)
{
	struct vmap_range *range;

	if (pos == &r->ranges)
		return r->start;
	range = list_entry(pos, struct vmap_range, node);
	return range->start + range->size + PAGE_SIZE;
}

/* Finds a free range behind @from and inserts @new there.  Caller holds the region's lock. */
static bool vmap_insert(struct vmap_region *r, struct list_head *from, struct vmap_range *new)
{
	struct list_head *pos = from;

	assert_spin_held(&r->lock);
	do {
		unsigned long start = vmap_range_end(r, pos);
		unsigned long limit = pos->next == &r->ranges ? r->end :
			list_entry(pos->next, struct vmap_range, node)->start;

		if (start + new->size + PAGE_SIZE <= limit) {
			new->start = start;
			list_add(&new->node, pos);
			r->hint = &new->node;
			return true;
		}
		pos = pos->next;
	} while (pos != from);
	return false;
}

static struct vmap_region *vmap_region_of(unsigned long va)
{
	if (va >= MODULE_BASE)
		return &vmap_modules;
	return va >= VMAP_STACKS ? &vmap_stacks : &vmap_main;
}

static struct vmap_range *vmap_range_alloc(struct vmap_region *r, size_t size, size_t nr_pages)
{
	struct vmap_range *range = kzalloc(sizeof(*range) + nr_pages * sizeof(struct page *),
					   GFP_KERNEL);
	unsigned long flags;
	bool found;

	if (!range)
		return NULL;
	range->size = size;
	spin_lock_irqsave(&r->lock, flags);
	found = vmap_insert(r, r->packed ? &r->ranges : r->hint, range);
	spin_unlock_irqrestore(&r->lock, flags);
	if (found)
		return range;
	kfree(range);
	return NULL;
}

/* Unmaps first, then frees the pages: no CPU can access them any more. */
static void vmap_range_free(struct vmap_range *range)
{
	struct vmap_region *r = vmap_region_of(range->start);
	unsigned long flags;

	kunmap_range(range->start, range->size);
	for (size_t i = 0; i < range->nr_pages; i++)
		page_put(range->pages[i]);
	spin_lock_irqsave(&r->lock, flags);
	if (r->hint == &range->node)
		r->hint = range->node.prev;
	list_del(&range->node);
	spin_unlock_irqrestore(&r->lock, flags);
	kfree(range);
}

static struct vmap_range *vmap_range_find(unsigned long va)
{
	struct vmap_region *r = vmap_region_of(va);
	struct vmap_range *range, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	list_for_each_entry(range, &r->ranges, node) {
		if (range->start == va) {
			found = range;
			break;
		}
	}
	spin_unlock_irqrestore(&r->lock, flags);
	return found;
}

size_t vmalloc_room(const void *p)
{
	unsigned long va = (unsigned long)p, flags;
	struct vmap_region *r;
	struct vmap_range *range;
	size_t room = 0;

	if (va < VMAP_BASE || va >= VMAP_END)
		return 0;
	r = vmap_region_of(va);
	spin_lock_irqsave(&r->lock, flags);
	list_for_each_entry(range, &r->ranges, node) {
		if (va - range->start < range->size && range->nr_pages) {
			room = range->size - (va - range->start);
			break;
		}
	}
	spin_unlock_irqrestore(&r->lock, flags);
	return room;
}

static struct vmap_range *vmap_populate(struct vmap_region *r, size_t size, gfp_t gfp)
{
	size_t nr_pages = size >> PAGE_SHIFT;
	struct vmap_range *range = vmap_range_alloc(r, size, nr_pages);

	if (!range)
		return NULL;
	while (range->nr_pages < nr_pages) {
		unsigned long va = range->start + range->nr_pages * PAGE_SIZE;
		struct page *page = page_alloc(0, gfp);

		if (!page)
			goto fail;
		range->pages[range->nr_pages++] = page;
		if (kmap_page(va, page_to_phys(page), PROT_KERNEL_RW))
			goto fail;
	}
	return range;
fail:
	vmap_range_free(range);
	return NULL;
}

static void *vmap_alloc(struct vmap_region *r, size_t size, gfp_t gfp)
{
	struct vmap_range *range;

	if (!size || size > (PAGE_SIZE << PAGE_MAX_ORDER) * 128)
		return NULL;
	range = vmap_populate(r, align_up(size, PAGE_SIZE), gfp);
	return range ? (void *)range->start : NULL;
}

static void vmap_free(void *p)
{
	struct vmap_range *range;

	if (!p)
		return;
	range = vmap_range_find((unsigned long)p);
	assert(range);
	vmap_range_free(range);
}

void *vmalloc(size_t size)
{
	return vmap_alloc(&vmap_main, size, GFP_KERNEL);
}

void *vzalloc(size_t size)
{
	return vmap_alloc(&vmap_main, size, GFP_KERNEL | __GFP_ZERO);
}

void vfree(void *p)
{
	vmap_free(p);
}

void *vmap_device(phys_addr_t pa, size_t size)
{
	struct vmap_range *range = vmap_range_alloc(&vmap_main, size, 0);

	debug_assert(!((pa | size) & ~PAGE_MASK));
	if (!range)
		return NULL;
	for (size_t off = 0; off < size; off += PAGE_SIZE) {
		if (kmap_page(range->start + off, pa + off, PROT_KERNEL_UNCACHED)) {
			vmap_range_free(range);
			return NULL;
		}
	}
	return (void *)range->start;
}

void *module_alloc(size_t size)
{
	return vmap_alloc(&vmap_modules, size, GFP_KERNEL | __GFP_ZERO);
}

void module_free(void *p)
{
	vmap_free(p);
}

/* The range of a kernel stack; kstack.c caches these. */
struct vmap_range *vmap_stack_alloc(void)
{
	return vmap_populate(&vmap_stacks, KSTACK_SIZE, GFP_KERNEL);
}

void vmap_stack_free(struct vmap_range *range)
{
	vmap_range_free(range);
}
