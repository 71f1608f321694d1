/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buddy system: free blocks of 2^order pages, aligned to their size.  Pure
 * bookkeeping over the page array, without locks; the caller serialises.  The
 * list of free blocks of one order is threaded through the blocks themselves,
 * so a free block must be mapped and may not be touched by anybody else.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include <neurath/mm.h>

struct buddy {
	struct list_head free[PAGE_MAX_ORDER + 1];
	size_t nr_free;			/* pages in all lists */
};

void buddy_setup(struct buddy *b);
/* A block without PG_BUDDY, order set; NULL if none is large enough. */
struct page *buddy_take(struct buddy *b, unsigned order);
/* Gives a block back, joined with its free neighbours. */
void buddy_give(struct buddy *b, struct page *page, unsigned order);

#endif
