/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairing heap: nodes embedded in their owners, ordered by an unsigned key.  Insertion and
 * reading the smallest key cost a few instructions; removal of any node is logarithmic
 * (amortised).  Equal keys come out in any order.  No locking: the owner of the heap names the
 * lock that protects it.
 */
#ifndef NEURATH_PHEAP_H
#define NEURATH_PHEAP_H

#include <neurath/types.h>

struct pheap_node {
	u64 key;			/* set before insertion, constant while inside */
	struct pheap_node *child;	/* first child */
	struct pheap_node *next;	/* sibling */
	struct pheap_node *prev;	/* sibling before, or the parent for a first child */
};

struct pheap {
	struct pheap_node *root;	/* smallest key; NULL = empty */
};

void pheap_insert(struct pheap *heap, struct pheap_node *node);
/* @node must be inside. */
void pheap_remove(struct pheap *heap, struct pheap_node *node);

#endif
