/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AVL trees (Adelson-Velsky, Landis 1962): nodes embedded in their owners, in an order that the
 * owner defines.  The tree compares nothing: the caller of an insertion names the two neighbours,
 * and the caller of a search walks down from the root.  At most 1.45 log2(n) levels, so 20 for
 * 10,000 nodes.
 *
 * Each node may have a summary of its subtree, such as the largest of some value.  The tree calls
 * summarize() for a node after its children have changed, lowest nodes first.
 *
 * No locking: the owner of the tree names the lock that protects it.
 */
#ifndef NEURATH_AVL_H
#define NEURATH_AVL_H

#include <neurath/types.h>

enum avl_side { AVL_LEFT, AVL_RIGHT };

struct avl_node {
	struct avl_node *parent;	/* NULL: the root */
	struct avl_node *child[2];	/* by enum avl_side: all before, all after the node */
	unsigned height;		/* of the subtree; 1 without children */
};

struct avl_tree {
	struct avl_node *root;		/* NULL = empty */
	/*
	 * Computes the summary of a node from its own value and its children's summaries.  False:
	 * it is unchanged.  A new node may have any old summary.
	 */
	bool (*summarize)(struct avl_node *node);
};

/*
 * Inserts @node between @prev and @next, which are neighbours in the tree; NULL if @node becomes
 * the first or the last one.  Earlier contents of @node have no effect.  Also summarizes @next,
 * whose value may have changed before the call without avl_changed().
 */
void avl_insert(struct avl_tree *tree, struct avl_node *node, struct avl_node *prev,
		struct avl_node *next);
/* Also summarizes the node after @node, as avl_insert() does.  @node must be in the tree. */
void avl_remove(struct avl_tree *tree, struct avl_node *node);
/* The value of @node (in the tree, or NULL) has changed: updates the summaries. */
void avl_changed(struct avl_tree *tree, struct avl_node *node);

#endif
