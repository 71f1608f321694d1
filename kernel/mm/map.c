/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Map, unmap and protect ranges: the core of the system calls, of exec and of the calls of
 * servers.  Checks and allocations come first; after the first change nothing can fail.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/string.h>
#include <uapi/resource.h>
#include "area.h"
#include "internal.h"

bool vm_range_ok(unsigned long addr, size_t len)
{
	return len && !((addr | len) & ~PAGE_MASK) && addr >= USER_MIN && addr < USER_MAX &&
	       len <= USER_MAX - addr;
}

bool vm_may_expand(struct mm *mm, size_t more)
{
	/* Kernel threads have no limits. */
	if (current->pflags & PF_KTHREAD)
		return true;
	return (mm->total_vm << PAGE_SHIFT) + more <= process_rlimit(RLIMIT_AS);
}

/* Removes the areas of a range that begins and ends at area borders. */
static void vm_unmap_areas(struct mm *mm, unsigned long start, unsigned long end)
{
	struct vm_area *area = vm_find(mm, start);

	while (area && area->start < end) {
		struct vm_area *next = area_next(mm, area);

		vm_zap(mm, area, area->start, area->end, true);
		mm->total_vm -= (area->end - area->start) >> PAGE_SHIFT;
		area_remove(mm, area);
		area_free(area);
		area = next;
	}
}

int vm_unmap_locked(struct mm *mm, unsigned long addr, size_t len)
{
	int error = area_split_range(mm, addr, addr + len);

	if (!error)
		vm_unmap_areas(mm, addr, addr + len);
	return error;
}

int vm_unmap(struct mm *mm, unsigned long addr, size_t len)
{
	int error;

	len = align_up(len, PAGE_SIZE);
	/* Page 0 is never mapped: removing it is no error. */
	if (!len || (addr & ~PAGE_MASK) || addr > USER_MAX || len > USER_MAX - addr)
		return -EINVAL;
	mutex_lock(&mm->mmap_lock);
	error = vm_unmap_locked(mm, addr, len);
	mutex_unlock(&mm->mmap_lock);
	return error;
}

/* The address of a mapping without a fixed address; 0 = no room. */
static unsigned long vm_choose_address(struct mm *mm, unsigned long wish, size_t len)
{
	wish &= PAGE_MASK;
	if (wish && vm_range_ok(wish, len) && area_range_free(mm, wish, wish + len))
		return wish;
	return area_find_gap(mm, len);
}

/*
 * More private writable memory in one piece than the machine has is an error of the caller:
 * reject it now instead of killing a process later.
 */
static bool vm_is_absurd(size_t len, unsigned flags)
{
	return (flags & VM_WRITE) && !(flags & (VM_SHARED | VM_NORESERVE)) &&
	       len >> PAGE_SHIFT > pages_total();
}

long vm_map_locked(struct mm *mm, const struct vm_mapping *map, char *name)
{
	unsigned long addr = map->addr;
	size_t len = map->len;
	struct vm_area *area;
	int error;

	assert_mutex_held(&mm->mmap_lock);
	if (!len || len > USER_MAX || vm_is_absurd(len, map->flags) || !vm_may_expand(mm, len) ||
	    mm->nr_areas >= VM_MAX_AREAS)
		return -ENOMEM;
	if (!map->fixed)
		addr = vm_choose_address(mm, addr, len);
	if (!map->fixed && !addr)
		return -ENOMEM;
	if (!vm_range_ok(addr, len))
		return -EINVAL;
	area = area_alloc(addr, addr + len, map->flags & ~VM_NORESERVE);
	if (!area)
		return -ENOMEM;
	error = map->fixed ? vm_unmap_locked(mm, addr, len) : 0;
	if (error) {
		area_free(area);
		return error;
	}
	area->object = map->object;
	area->offset = map->offset;
	area->name = name;
	area_insert(mm, area);
	mm->total_vm += len >> PAGE_SHIFT;
	area_merge(mm, area);
	return addr;
}

long vm_map(struct mm *mm, const struct vm_mapping *map)
{
	struct vm_mapping pages = *map;
	char *copy = NULL;
	long ret;

	if (map->name && !(copy = kstrdup(map->name, GFP_KERNEL)))
		return -ENOMEM;
	pages.len = align_up(map->len, PAGE_SIZE);
	mutex_lock(&mm->mmap_lock);
	ret = vm_map_locked(mm, &pages, copy);
	mutex_unlock(&mm->mmap_lock);
	if (ret < 0)
		kfree(copy);
	return ret;
}

/* The start of the first hole in the range, or the end of the range. */
static unsigned long vm_covered_end(struct mm *mm, unsigned long start, unsigned long end)
{
	for (struct vm_area *area = vm_find(mm, start);
	     start < end && area && area->start <= start; area = area_next(mm, area))
		start = area->end;
	return min(start, end);
}

/* Checks mprotect() for every area of the range, before any area is changed. */
static int vm_check_protect(struct mm *mm, unsigned long start, unsigned long end, unsigned flags)
{
	struct vm_area *area;

	for (area = vm_find(mm, start); area && area->start < end; area = area_next(mm, area)) {
		if ((flags & VM_WRITE) && (area->flags & VM_NEVER_WRITE))
			return -EACCES;
	}
	return 0;
}

/* As on Linux a hole is an error, and the areas before the hole have changed. */
static int vm_protect_locked(struct mm *mm, unsigned long start, unsigned long end, unsigned flags)
{
	unsigned long covered = vm_covered_end(mm, start, end);
	int hole = covered < end ? -ENOMEM : 0, error;
	struct vm_area *area;

	if (covered == start)
		return hole;
	end = covered;
	error = vm_check_protect(mm, start, end, flags);
	if (!error)
		error = area_split_range(mm, start, end);
	if (error)
		return error;
	area = vm_find(mm, start);
	while (area && area->start < end) {
		if ((area->flags & VM_ACCESS) != flags) {
			area->flags = (area->flags & ~VM_ACCESS) | flags;
			vm_reprotect(mm, area);
		}
		area = area_next(mm, area_merge(mm, area));
	}
	return hole;
}

int vm_protect(struct mm *mm, unsigned long addr, size_t len, unsigned flags)
{
	int error;

	assert(!(flags & ~VM_ACCESS));
	len = align_up(len, PAGE_SIZE);
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	if (!vm_range_ok(addr, len))
		return -ENOMEM;
	mutex_lock(&mm->mmap_lock);
	error = vm_protect_locked(mm, addr, addr + len, flags);
	mutex_unlock(&mm->mmap_lock);
	return error;
}

int vm_grow_stack(struct mm *mm, struct vm_area *area, unsigned long addr)
{
	unsigned long start = addr & PAGE_MASK;
	size_t grow = area->start - start;
	struct vm_area *prev;

	assert_mutex_held(&mm->mmap_lock);
	if (!(area->flags & VM_GROWSDOWN) || area->end - start > process_rlimit(RLIMIT_STACK) ||
	    !vm_may_expand(mm, grow))
		return -EFAULT;
	prev = area_prev(mm, area);
	if (prev) {
		/*
		 * The gap stops an overflowing stack before it reaches memory of another area.
		 */
		if ((prev->flags & VM_ACCESS) && prev->end + VM_STACK_GAP > start)
			return -EFAULT;
		if (prev->end > start)
			return -EFAULT;
	}
	if (start < USER_MIN)
		return -EFAULT;
	area_resize(mm, area, start, area->end);
	mm->total_vm += grow >> PAGE_SHIFT;
	return 0;
}
