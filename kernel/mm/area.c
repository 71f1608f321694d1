/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sorted list of areas: see area.h.  Areas do not overlap and are not empty.  The last area
 * found is cached: faults and calls often use the same area several times, and a new mapping goes
 * below the area at which the search for a free range has ended.
 *
 * Code that changes the list or an end of an area must tell area_tree.c.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/string.h>
#include "area.h"

static struct kmem_cache *area_cache;

void area_init(void)
{
	area_cache = kmem_cache_create("vm_area", sizeof(struct vm_area), 16);
	assert(area_cache);
}

struct vm_area *area_alloc(unsigned long start, unsigned long end, unsigned flags)
{
	struct vm_area *area = kmem_cache_alloc(area_cache, GFP_KERNEL);

	assert(start < end);
	if (area)
		*area = (struct vm_area){ .start = start, .end = end, .flags = flags };
	return area;
}

void area_free(struct vm_area *area)
{
	if (area->object)
		vmobject_put(area->object);
	kfree(area->name);
	kmem_cache_free(area_cache, area);
}

struct vm_area *area_dup(const struct vm_area *area)
{
	struct vm_area *new = area_alloc(area->start, area->end, area->flags);

	if (!new)
		return NULL;
	if (area->name && !(new->name = kstrdup(area->name, GFP_KERNEL))) {
		area_free(new);
		return NULL;
	}
	new->object = area->object;
	new->offset = area->offset;
	if (new->object)
		vmobject_get(new->object);
	return new;
}

static struct vm_area *area_walk(struct mm *mm, unsigned long addr)
{
	struct vm_area *area;

	list_for_each_entry(area, &mm->areas, node) {
		if (area->end > addr)
			return area;
	}
	return NULL;
}

struct vm_area *vm_find(struct mm *mm, unsigned long addr)
{
	struct vm_area *area = mm->cached;

	assert_mutex_held(&mm->mmap_lock);
	if (area && addr < area->end && (area->start <= addr || area_floor(mm, area) <= addr))
		return area;
	area = area_tree_is_grown(mm) ? area_tree_find(mm, addr) : area_walk(mm, addr);
	if (area)
		mm->cached = area;
	return area;
}

/* Inserts @area below @next, or above all areas if @next is NULL. */
static void area_insert_below(struct mm *mm, struct vm_area *area, struct vm_area *next)
{
	assert(!next || area->end <= next->start);
	/* Before the next area, or at the end: the head is "next" of the last area. */
	list_add_tail(&area->node, next ? &next->node : &mm->areas);
	mm->nr_areas++;
	mm->cached = area;
	area_tree_inserted(mm, area);
}

void area_insert(struct mm *mm, struct vm_area *area)
{
	area_insert_below(mm, area, vm_find(mm, area->start));
}

void area_append(struct mm *mm, struct vm_area *area)
{
	area_insert_below(mm, area, NULL);
}

void area_remove(struct mm *mm, struct vm_area *area)
{
	struct vm_area *next = area_next(mm, area);

	assert_mutex_held(&mm->mmap_lock);
	list_del(&area->node);
	mm->nr_areas--;
	mm->cached = NULL;
	area_tree_removed(mm, area, next);
}

void area_resize(struct mm *mm, struct vm_area *area, unsigned long start, unsigned long end)
{
	assert_mutex_held(&mm->mmap_lock);
	area->start = start;
	area->end = end;
	area_tree_resized(mm, area);
}

/* Splits @area in two at @addr. */
static int area_split(struct mm *mm, struct vm_area *area, unsigned long addr)
{
	struct vm_area *upper;

	assert(area->start < addr && addr < area->end);
	if (mm->nr_areas >= VM_MAX_AREAS)
		return -ENOMEM;
	upper = area_dup(area);
	if (!upper)
		return -ENOMEM;
	upper->start = addr;
	upper->offset += addr - area->start;
	area->end = addr;
	area_insert_below(mm, upper, area_next(mm, area));
	return 0;
}

int area_split_range(struct mm *mm, unsigned long start, unsigned long end)
{
	struct vm_area *area = vm_find(mm, start);
	int error = 0;

	if (area && area->start < start)
		error = area_split(mm, area, start);
	if (error)
		return error;
	area = vm_find(mm, end - 1);
	if (area && area->start < end && end < area->end)
		error = area_split(mm, area, end);
	return error;
}

/*
 * Only anonymous memory without a name merges: every other area has an identity that
 * /proc/PID/maps shows.  A stack keeps its own area, since it grows.
 */
static bool area_can_merge(const struct vm_area *a, const struct vm_area *b)
{
	return a->end == b->start && a->flags == b->flags && !a->object && !b->object &&
	       !a->name && !b->name && !(a->flags & (VM_GROWSDOWN | VM_STACK));
}

struct vm_area *area_merge(struct mm *mm, struct vm_area *area)
{
	struct vm_area *next = area_next(mm, area);

	if (next && area_can_merge(area, next)) {
		area->end = next->end;
		area_remove(mm, next);
		area_free(next);
	}
	next = area;
	area = area_prev(mm, next);
	if (area && area_can_merge(area, next)) {
		area->end = next->end;
		area_remove(mm, next);
		area_free(next);
	} else {
		area = next;
	}
	mm->cached = area;
	return area;
}

bool area_range_free(struct mm *mm, unsigned long start, unsigned long end)
{
	struct vm_area *next = vm_find(mm, start);

	return !next || end <= area_claim_start(next);
}

bool area_range_covered(struct mm *mm, unsigned long start, unsigned long end)
{
	struct vm_area *area = vm_find(mm, start);

	while (area && area->start <= start) {
		if (area->end >= end)
			return true;
		start = area->end;
		area = area_next(mm, area);
	}
	return false;
}

static unsigned long area_walk_to_gap(struct mm *mm, unsigned long top, unsigned long len)
{
	struct vm_area *area;

	list_for_each_entry_reverse(area, &mm->areas, node) {
		if (area->end <= top && top - area->end >= len)
			return top - len;
		top = min(top, area_claim_start(area));
	}
	return top >= USER_MIN + len ? top - len : 0;
}

static unsigned long area_find_gap_below(struct mm *mm, unsigned long top, unsigned long len)
{
	return area_tree_is_grown(mm) ? area_tree_find_gap(mm, top, len)
				      : area_walk_to_gap(mm, top, len);
}

unsigned long area_find_gap(struct mm *mm, unsigned long len)
{
	unsigned long addr = area_find_gap_below(mm, mm->mmap_base, len);

	return addr ? addr : area_find_gap_below(mm, USER_MAX, len);
}
