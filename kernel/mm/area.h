/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The areas of an address space: a sorted list (area.c), and a tree to search it if there are
 * many (area_tree.c).  The functions do not change page tables.  Every function expects that the
 * caller holds mmap_lock and that addresses are page aligned.  Searches, insertions and removals
 * cost O(log n).
 */
#ifndef MM_AREA_H
#define MM_AREA_H

#include <neurath/vm.h>

#define VM_MAX_AREAS	65530

void area_init(void);
/* Without object and name, which the caller may set.  NULL = no memory. */
struct vm_area *area_alloc(unsigned long start, unsigned long end, unsigned flags);
void area_free(struct vm_area *area);	/* drops the references on object and name */
/* A copy of @area with its own references, for another address space.  NULL = no memory. */
struct vm_area *area_dup(const struct vm_area *area);

void area_insert(struct mm *mm, struct vm_area *area);
/* Inserts @area above all others, in a new address space that is not shared yet: no lock. */
void area_append(struct mm *mm, struct vm_area *area);
void area_remove(struct mm *mm, struct vm_area *area);
/* Makes @area [start, end), where no other area may be. */
void area_resize(struct mm *mm, struct vm_area *area, unsigned long start, unsigned long end);
/*
 * Makes [start, end) begin and end at area borders by splitting at most two areas.  On -ENOMEM
 * nothing that is mapped has changed.
 */
int area_split_range(struct mm *mm, unsigned long start, unsigned long end);
/* Joins @area with equal neighbours.  Returns the area that contains its range now. */
struct vm_area *area_merge(struct mm *mm, struct vm_area *area);
/* True if no area and no stack's gap is in [start, end). */
bool area_range_free(struct mm *mm, unsigned long start, unsigned long end);
/* True if areas cover all of [start, end). */
bool area_range_covered(struct mm *mm, unsigned long start, unsigned long end);
/* The highest free range of @len below mmap_base, else above it; 0 = none.  O(log n). */
unsigned long area_find_gap(struct mm *mm, unsigned long len);

/* The next area of the list, or NULL. */
static inline struct vm_area *area_next(struct mm *mm, struct vm_area *area)
{
	return list_is_last(&area->node, &mm->areas) ? NULL : list_next_entry(area, node);
}

/* The previous area of the list, or NULL. */
static inline struct vm_area *area_prev(struct mm *mm, struct vm_area *area)
{
	return area->node.prev == &mm->areas ? NULL : list_prev_entry(area, node);
}

/* The lowest address that can be free below @area, or above all areas if @area is NULL. */
static inline unsigned long area_floor(struct mm *mm, struct vm_area *area)
{
	struct list_head *below = area ? area->node.prev : mm->areas.prev;

	return below == &mm->areas ? USER_MIN : list_entry(below, struct vm_area, node)->end;
}

/* The start of @area with the gap that a stack reserves below itself. */
static inline unsigned long area_claim_start(const struct vm_area *area)
{
	if (!(area->flags & VM_GROWSDOWN))
		return area->start;
	return area->start > VM_STACK_GAP ? area->start - VM_STACK_GAP : 0;
}

/* ---- area_tree.c --------------------------------------------------------------- */

void area_tree_init(struct mm *mm);	/* for an address space without areas */
/* A few areas have no tree: a walk over the list is cheaper than the upkeep of a tree. */
static inline bool area_tree_is_grown(const struct mm *mm)
{
	return mm->area_tree.root;
}
/* The list has changed.  Without a tree these only check the number of areas. */
void area_tree_inserted(struct mm *mm, struct vm_area *area);
/* @next was the area above @area, or is NULL. */
void area_tree_removed(struct mm *mm, struct vm_area *area, struct vm_area *next);
void area_tree_resized(struct mm *mm, struct vm_area *area);
/* With a tree: vm_find(), and the highest free range that ends at @top or below. */
struct vm_area *area_tree_find(struct mm *mm, unsigned long addr);
unsigned long area_tree_find_gap(struct mm *mm, unsigned long top, unsigned long len);

#endif
