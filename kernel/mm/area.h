/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sorted list of areas of an address space: bookkeeping only, no page tables.
 * Every function expects mmap_lock to be held and addresses to be page aligned.
 */
#ifndef MM_AREA_H
#define MM_AREA_H

#include <neurath/vm.h>

#define VM_MAX_AREAS	65530

void area_init(void);
/* NULL = no memory.  Takes over the references @object and @name only on success. */
struct vm_area *area_alloc(unsigned long start, unsigned long end, unsigned flags,
			   struct vmobject *object, unsigned long offset, char *name);
void area_free(struct vm_area *area);	/* puts object and name */
/* A copy of @area for another address space: references of its own. NULL = no memory. */
struct vm_area *area_dup(const struct vm_area *area);

void area_insert(struct mm *mm, struct vm_area *area);
void area_remove(struct mm *mm, struct vm_area *area);
/*
 * Makes [start, end) begin and end at area borders by splitting at most two areas.
 * -ENOMEM without effect on what is mapped.
 */
int area_split_range(struct mm *mm, unsigned long start, unsigned long end);
/* Joins @area with equal neighbours; returns the area that holds its range now. */
struct vm_area *area_merge(struct mm *mm, struct vm_area *area);
/* No area and no stack's gap in [start, end). */
bool area_range_free(struct mm *mm, unsigned long start, unsigned long end);
/* All of [start, end) is covered by areas. */
bool area_range_covered(struct mm *mm, unsigned long start, unsigned long end);
/* Highest free range of @len below mmap_base, else above it; 0 = none. */
unsigned long area_find_gap(struct mm *mm, unsigned long len);

/* The next area of the list, or NULL. */
static inline struct vm_area *area_next(struct mm *mm, struct vm_area *area)
{
	return list_is_last(&area->node, &mm->areas) ? NULL : list_next_entry(area, node);
}

#endif
