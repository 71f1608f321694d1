/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buddy system: see buddy.h.  A block of order n at frame f has one buddy, at frame f ^ 2^n.
 * A block is free exactly if its first page has PG_BUDDY; the order stored in the page
 * distinguishes a whole buddy from a part of one.
 */
#include <neurath/bug.h>
#include "buddy.h"

static struct list_head *buddy_node(struct page *page)
{
	return page_to_virt(page);
}

void buddy_setup(struct buddy *b)
{
	for (unsigned order = 0; order <= PAGE_MAX_ORDER; order++)
		INIT_LIST_HEAD(&b->free[order]);
	b->nr_free = 0;
}

static void buddy_insert(struct buddy *b, struct page *page, unsigned order)
{
	page->order = order;
	page->flags = PG_BUDDY;
	list_add(buddy_node(page), &b->free[order]);
}

static void buddy_remove(struct page *page)
{
	assert(page->flags == PG_BUDDY);
	page->flags = 0;
	list_del(buddy_node(page));
}

struct page *buddy_take(struct buddy *b, unsigned order)
{
	unsigned from = order;
	struct page *page;

	while (from <= PAGE_MAX_ORDER && list_empty(&b->free[from]))
		from++;
	if (from > PAGE_MAX_ORDER)
		return NULL;
	page = virt_to_page(b->free[from].next);
	buddy_remove(page);
	/* Keep the lower half and return the upper half, until the size fits. */
	while (from > order) {
		from--;
		buddy_insert(b, page + BIT(from), from);
	}
	page->order = order;
	b->nr_free -= BIT(order);
	return page;
}

/* The free block that can be joined with @page of @order, or NULL. */
static struct page *buddy_partner(struct page *page, unsigned order)
{
	unsigned long frame = (page - mem_map) ^ BIT(order);
	struct page *partner = &mem_map[frame];

	if (order == PAGE_MAX_ORDER || frame >= mem_map_pages)
		return NULL;
	return partner->flags == PG_BUDDY && partner->order == order ? partner : NULL;
}

void buddy_give(struct buddy *b, struct page *page, unsigned order)
{
	struct page *partner;

	assert(page->flags == 0 && order <= PAGE_MAX_ORDER);
	b->nr_free += BIT(order);
	while ((partner = buddy_partner(page, order))) {
		buddy_remove(partner);
		if (partner < page)
			page = partner;
		order++;
	}
	buddy_insert(b, page, order);
}
