/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AVL trees: see avl.h.  The heights of the two children of a node differ by at most one.  Every
 * change of the tree ends with one walk towards the root, avl_retrace(), which restores heights,
 * balance and summaries of the nodes above the change.
 */
#include <neurath/avl.h>

static unsigned avl_height(const struct avl_node *node)
{
	return node ? node->height : 0;
}

/* Updates height and summary of @node; false: both are unchanged. */
static __always_inline bool avl_summarize(struct avl_tree *tree, struct avl_node *node)
{
	unsigned left = avl_height(node->child[AVL_LEFT]);
	unsigned right = avl_height(node->child[AVL_RIGHT]);
	unsigned height = 1 + max(left, right);
	bool changed = height != node->height;

	node->height = height;
	return tree->summarize(node) || changed;
}

static void avl_link(struct avl_node *parent, enum avl_side side, struct avl_node *child)
{
	parent->child[side] = child;
	if (child)
		child->parent = parent;
}

/* Makes the link to @old a link to @new, which may be NULL. */
static void avl_replace(struct avl_tree *tree, struct avl_node *old, struct avl_node *new)
{
	struct avl_node *parent = old->parent;

	if (parent)
		avl_link(parent, parent->child[AVL_RIGHT] == old, new);
	else
		tree->root = new;
	if (new)
		new->parent = parent;
}

/*
 * Rotates @top down to @side; its other child rises, and is returned:
 *
 *	    top                   rise
 *	   /   \      LEFT       /    \
 *	  a    rise   --->     top     c
 *	      /    \           /  \
 *	  middle    c         a  middle
 */
static struct avl_node *avl_rotate(struct avl_tree *tree, struct avl_node *top, enum avl_side side)
{
	struct avl_node *rise = top->child[!side];

	avl_replace(tree, top, rise);
	avl_link(top, !side, rise->child[side]);
	avl_link(rise, side, top);
	avl_summarize(tree, top);
	avl_summarize(tree, rise);
	return rise;
}

/* One child of @node is higher than the other by two.  Returns the node that takes its place. */
static struct avl_node *avl_rebalance(struct avl_tree *tree, struct avl_node *node,
				      enum avl_side heavy)
{
	struct avl_node *child = node->child[heavy];

	/* The middle grandchild would only change sides: first move it to the outside. */
	if (avl_height(child->child[!heavy]) > avl_height(child->child[heavy]))
		avl_rotate(tree, child, heavy);
	return avl_rotate(tree, node, !heavy);
}

/*
 * Goes up from @node, the lowest node with a changed child, until nothing changes any more.  If
 * @stale is not NULL, it is on the way, and its value may have changed as well.
 */
static void avl_retrace(struct avl_tree *tree, struct avl_node *node, const struct avl_node *stale)
{
	bool changed = true;

	while (node && (changed || stale)) {
		unsigned left = avl_height(node->child[AVL_LEFT]);
		unsigned right = avl_height(node->child[AVL_RIGHT]);

		if (node == stale)
			stale = NULL;
		if (left > right + 1 || right > left + 1) {
			node = avl_rebalance(tree, node, left > right ? AVL_LEFT : AVL_RIGHT);
			changed = true;
		} else {
			changed = avl_summarize(tree, node);
		}
		node = node->parent;
	}
}

void avl_insert(struct avl_tree *tree, struct avl_node *node, struct avl_node *prev,
		struct avl_node *next)
{
	*node = (struct avl_node){ 0 };
	/* Of two neighbours, one is below the other: the place between them is free there. */
	if (next && !next->child[AVL_LEFT]) {
		avl_link(next, AVL_LEFT, node);
	} else if (prev) {
		avl_link(prev, AVL_RIGHT, node);
	} else {
		tree->root = node;
	}
	/* A place to the left of @next is below it, and so is a place to the right of @prev. */
	avl_retrace(tree, node, next);
}

static struct avl_node *avl_next(struct avl_node *node)
{
	struct avl_node *next = node->child[AVL_RIGHT];

	if (next) {
		while (next->child[AVL_LEFT])
			next = next->child[AVL_LEFT];
		return next;
	}
	while (node->parent && node->parent->child[AVL_RIGHT] == node)
		node = node->parent;
	return node->parent;
}

/* @next, the node after @node and below it, takes its place.  Returns the lowest change. */
static struct avl_node *avl_replace_by_next(struct avl_tree *tree, struct avl_node *node,
					    struct avl_node *next)
{
	struct avl_node *changed = next->parent == node ? next : next->parent;

	avl_replace(tree, next, next->child[AVL_RIGHT]);
	avl_replace(tree, node, next);
	avl_link(next, AVL_LEFT, node->child[AVL_LEFT]);
	avl_link(next, AVL_RIGHT, node->child[AVL_RIGHT]);
	next->height = 0;	/* the node here had another summary: a change in any case */
	return changed;
}

void avl_remove(struct avl_tree *tree, struct avl_node *node)
{
	struct avl_node *changed = node->parent, *next = avl_next(node);

	if (!node->child[AVL_RIGHT]) {
		avl_replace(tree, node, node->child[AVL_LEFT]);
	} else if (!node->child[AVL_LEFT]) {
		changed = next;
		avl_replace(tree, node, next);
		next->height = 0;
	} else {
		changed = avl_replace_by_next(tree, node, next);
	}
	/* @next has taken the place, or was above it. */
	avl_retrace(tree, changed, next);
}

void avl_changed(struct avl_tree *tree, struct avl_node *node)
{
	while (node && tree->summarize(node))
		node = node->parent;
}
