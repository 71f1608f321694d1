/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986): see pheap.h. */
#include <neurath/pheap.h>

/* Joins two trees whose roots have no siblings; either may be NULL. */
static struct pheap_node *pheap_meld(struct pheap_node *a, struct pheap_node *b)
{
	if (!a)
		return b;
	if (!b)
		return a;
	if (b->key < a->key) {
		struct pheap_node *tmp = a;

		a = b;
		b = tmp;
	}
	b->next = a->child;
	b->prev = a;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Joins a list of siblings: in pairs from the left, then the pairs from the right. */
static struct pheap_node *pheap_merge_pairs(struct pheap_node *list)
{
	struct pheap_node *pairs = NULL, *result = NULL;

	while (list) {
		struct pheap_node *a = list, *b = a->next, *pair;

		list = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		pair = pheap_meld(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct pheap_node *pair = pairs;

		pairs = pair->next;
		pair->next = NULL;
		result = pheap_meld(result, pair);
	}
	return result;
}

void pheap_insert(struct pheap *heap, struct pheap_node *node)
{
	node->child = node->next = node->prev = NULL;
	heap->root = pheap_meld(heap->root, node);
}

void pheap_remove(struct pheap *heap, struct pheap_node *node)
{
	struct pheap_node *children = pheap_merge_pairs(node->child);

	if (node == heap->root) {
		heap->root = children;
	} else {
		if (node->prev->child == node)
			node->prev->child = node->next;
		else
			node->prev->next = node->next;
		if (node->next)
			node->next->prev = node->prev;
		heap->root = pheap_meld(heap->root, children);
	}
	node->child = node->next = node->prev = NULL;
}
