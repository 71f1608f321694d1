/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buddy system: free blocks of 2^order pages, aligned to their size.  Only bookkeeping over
 * the page array, without locks; the caller serialises.  The list links of free blocks are stored
 * in the blocks themselves, so a free block must be mapped, and no other code may access it.
 */
#ifndef KMEM_BUDDY_H
#define KMEM_BUDDY_H

#include <neurath/mm.h>

struct buddy {
	struct list_head free[PAGE_MAX_ORDER + 1];
	size_t nr_free;			/* pages in all lists */
};

void buddy_setup(struct buddy *b);
/* A block with its order set and without PG_BUDDY; NULL if no block is large enough. */
struct page *buddy_take(struct buddy *b, unsigned order);
/* Returns a block and joins it with its free neighbours. */
void buddy_give(struct buddy *b, struct page *page, unsigned order);

#endif
