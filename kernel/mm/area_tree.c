/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Search among many areas: see area.h.  An address space with few areas, which is the usual case,
 * has no tree.  A tree is built above TREE_ABOVE areas, and dropped below TREE_BELOW.
 *
 * Each area in the tree stores the size of the gap below it, and the largest gap in its subtree.
 * So the search for a free range skips subtrees without room.  The gap that a stack reserves
 * below itself does not count as free; it ends at the next area.  The range below all areas is
 * left out and used last: it changes with every mapping that finds no other place, and each
 * change would go up to the root.
 */
#include <neurath/bug.h>
#include "area.h"

#define TREE_ABOVE	24
#define TREE_BELOW	12

static struct vm_area *area_of(struct avl_node *node)
{
	return container_of(node, struct vm_area, branch);
}

static struct avl_node *area_branch(struct vm_area *area)
{
	return area ? &area->branch : NULL;
}

/* Measures the gap below @area, which may be NULL; the tree must be updated afterwards. */
static void area_measure_gap(struct mm *mm, struct vm_area *area)
{
	struct vm_area *below;
	unsigned long ceiling;

	if (!area)
		return;
	below = area_prev(mm, area);
	ceiling = area_claim_start(area);
	area->gap = below && below->end < ceiling ? ceiling - below->end : 0;
}

static bool area_summarize(struct avl_node *node)
{
	struct avl_node *left = node->child[AVL_LEFT], *right = node->child[AVL_RIGHT];
	unsigned long largest = area_of(node)->gap, before = area_of(node)->largest_gap;

	if (left)
		largest = max(largest, area_of(left)->largest_gap);
	if (right)
		largest = max(largest, area_of(right)->largest_gap);
	area_of(node)->largest_gap = largest;
	return largest != before;
}

void area_tree_init(struct mm *mm)
{
	mm->area_tree = (struct avl_tree){ .summarize = area_summarize };
}

static void area_tree_grow(struct mm *mm)
{
	struct avl_node *prev = NULL;
	struct vm_area *area;

	list_for_each_entry(area, &mm->areas, node) {
		area_measure_gap(mm, area);
		avl_insert(&mm->area_tree, &area->branch, prev, NULL);
		prev = &area->branch;
	}
}

void area_tree_inserted(struct mm *mm, struct vm_area *area)
{
	struct vm_area *next;

	if (!area_tree_is_grown(mm)) {
		if (mm->nr_areas > TREE_ABOVE)
			area_tree_grow(mm);
		return;
	}
	next = area_next(mm, area);
	area_measure_gap(mm, area);
	area_measure_gap(mm, next);
	avl_insert(&mm->area_tree, &area->branch, area_branch(area_prev(mm, area)),
		   area_branch(next));
}

void area_tree_removed(struct mm *mm, struct vm_area *area, struct vm_area *next)
{
	if (!area_tree_is_grown(mm))
		return;
	if (mm->nr_areas < TREE_BELOW) {
		mm->area_tree.root = NULL;
		return;
	}
	area_measure_gap(mm, next);
	avl_remove(&mm->area_tree, &area->branch);
}

void area_tree_resized(struct mm *mm, struct vm_area *area)
{
	struct vm_area *next = area_next(mm, area);

	if (!area_tree_is_grown(mm))
		return;
	area_measure_gap(mm, area);
	avl_changed(&mm->area_tree, &area->branch);
	area_measure_gap(mm, next);
	avl_changed(&mm->area_tree, area_branch(next));
}

struct vm_area *area_tree_find(struct mm *mm, unsigned long addr)
{
	struct avl_node *node = mm->area_tree.root;
	struct vm_area *found = NULL;

	while (node) {
		struct vm_area *area = area_of(node);

		if (area->end <= addr) {
			node = node->child[AVL_RIGHT];
			continue;
		}
		found = area;
		if (area->start <= addr)
			break;
		node = node->child[AVL_LEFT];
	}
	return found;
}

/* The highest area of the subtree with a gap of @len below it, or NULL. */
static struct vm_area *area_highest_gap(struct avl_node *node, unsigned long len)
{
	if (!node || area_of(node)->largest_gap < len)
		return NULL;
	for (;;) {
		struct avl_node *right = node->child[AVL_RIGHT];

		if (right && area_of(right)->largest_gap >= len)
			node = right;
		else if (area_of(node)->gap >= len)
			return area_of(node);
		else
			node = node->child[AVL_LEFT];	/* the largest gap must be there */
	}
}

/* The highest area below @area with a gap of @len below it, or NULL. */
static struct vm_area *area_gap_before(struct vm_area *area, unsigned long len)
{
	struct avl_node *node = &area->branch, *child;
	struct vm_area *found;

	for (;;) {
		found = area_highest_gap(node->child[AVL_LEFT], len);
		if (found)
			return found;
		/* Goes up to the first node that lies below every area examined so far. */
		do {
			child = node;
			node = node->parent;
		} while (node && node->child[AVL_LEFT] == child);
		if (!node)
			return NULL;
		if (area_of(node)->gap >= len)
			return area_of(node);
	}
}

/* The lowest area if there is room for @len below it, or NULL. */
static struct vm_area *area_lowest_gap(struct mm *mm, unsigned long len)
{
	struct vm_area *first = list_first_entry(&mm->areas, struct vm_area, node);

	return area_claim_start(first) >= USER_MIN + len ? first : NULL;
}

unsigned long area_tree_find_gap(struct mm *mm, unsigned long top, unsigned long len)
{
	struct vm_area *area = area_tree_find(mm, top);
	unsigned long floor = area_floor(mm, area);

	/* The gap that contains @top counts up to @top; the gaps below it count as a whole. */
	if (area)
		top = min(top, area_claim_start(area));
	if (top >= floor && top - floor >= len)
		return top - len;
	area = area ? area_gap_before(area, len) : area_highest_gap(mm->area_tree.root, len);
	if (!area)
		area = area_lowest_gap(mm, len);
	if (area)
		mm->cached = area;
	return area ? area_claim_start(area) - len : 0;
}
