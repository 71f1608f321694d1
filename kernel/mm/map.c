/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mapping, unmapping and protecting ranges: the core behind the system calls,
 * exec and the server calls.  Checks and allocations come first; from the first
 * change on nothing can fail.
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
	/* The kernel's own threads have no limits. */
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
	int err = area_split_range(mm, addr, addr + len);

	if (!err)
		vm_unmap_areas(mm, addr, addr + len);
	return err;
}

int vm_unmap(struct mm *mm, unsigned long addr, size_t len)
{
	int err;

	len = align_up(len, PAGE_SIZE);
	/* Page 0 is never mapped: taking it away is no error. */
	if (!len || (addr & ~PAGE_MASK) || addr > USER_MAX || len > USER_MAX - addr)
		return -EINVAL;
	mutex_lock(&mm->mmap_lock);
	err = vm_unmap_locked(mm, addr, len);
	mutex_unlock(&mm->mmap_lock);
	return err;
}

/* Where a mapping without a fixed address goes; 0 = nowhere. */
static unsigned long vm_choose_address(struct mm *mm, unsigned long wish, size_t len)
{
	wish &= PAGE_MASK;
	if (wish && vm_range_ok(wish, len) && area_range_free(mm, wish, wish + len))
		return wish;
	return area_find_gap(mm, len);
}

/*
 * More private writable memory in one piece than the machine has is a mistake of
 * the caller; better told now than by a kill later.
 */
static bool vm_is_absurd(size_t len, unsigned flags)
{
	return (flags & VM_WRITE) && !(flags & (VM_SHARED | VM_NORESERVE)) &&
	       len >> PAGE_SHIFT > pages_total();
}

long vm_map_locked(struct mm *mm, unsigned long addr, size_t len, unsigned flags, bool fixed,
		   struct vmobject *object, unsigned long offset, char *name)
{
	struct vm_area *area;
	int err;

	assert_mutex_held(&mm->mmap_lock);
	if (!len || len > USER_MAX || vm_is_absurd(len, flags) || !vm_may_expand(mm, len) ||
	    mm->nr_areas >= VM_MAX_AREAS)
		return -ENOMEM;
	if (!fixed)
		addr = vm_choose_address(mm, addr, len);
	if (!fixed && !addr)
		return -ENOMEM;
	if (!vm_range_ok(addr, len))
		return -EINVAL;
	area = area_alloc(addr, addr + len, flags & ~VM_NORESERVE, object, offset, name);
	if (!area)
		return -ENOMEM;
	err = fixed ? vm_unmap_locked(mm, addr, len) : 0;
	if (err) {
		area->object = NULL;
		area->name = NULL;
		area_free(area);
		return err;
	}
	area_insert(mm, area);
	mm->total_vm += len >> PAGE_SHIFT;
	area_merge(mm, area);
	return addr;
}

long vm_map(struct mm *mm, unsigned long addr, size_t len, unsigned flags, bool fixed,
	    struct vmobject *object, unsigned long offset, const char *name)
{
	char *copy = NULL;
	long ret;

	if (name && !(copy = kstrdup(name, GFP_KERNEL)))
		return -ENOMEM;
	mutex_lock(&mm->mmap_lock);
	ret = vm_map_locked(mm, addr, align_up(len, PAGE_SIZE), flags, fixed, object, offset, copy);
	mutex_unlock(&mm->mmap_lock);
	if (ret < 0)
		kfree(copy);
	return ret;
}

/* What mprotect() may do to every area of the range; checked before any is changed. */
static int vm_check_protect(struct mm *mm, unsigned long start, unsigned long end, unsigned flags)
{
	struct vm_area *area;

	if (!area_range_covered(mm, start, end))
		return -ENOMEM;
	for (area = vm_find(mm, start); area && area->start < end; area = area_next(mm, area)) {
		if ((flags & VM_WRITE) && (area->flags & VM_NEVER_WRITE))
			return -EACCES;
	}
	return 0;
}

static int vm_protect_locked(struct mm *mm, unsigned long start, unsigned long end, unsigned flags)
{
	struct vm_area *area;
	int err = vm_check_protect(mm, start, end, flags);

	if (!err)
		err = area_split_range(mm, start, end);
	if (err)
		return err;
	area = vm_find(mm, start);
	while (area && area->start < end) {
		if ((area->flags & VM_ACCESS) != flags) {
			area->flags = (area->flags & ~VM_ACCESS) | flags;
			vm_reprotect(mm, area);
		}
		area = area_next(mm, area_merge(mm, area));
	}
	return 0;
}

int vm_protect(struct mm *mm, unsigned long addr, size_t len, unsigned flags)
{
	int err;

	assert(!(flags & ~VM_ACCESS));
	len = align_up(len, PAGE_SIZE);
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	if (!vm_range_ok(addr, len))
		return -ENOMEM;
	mutex_lock(&mm->mmap_lock);
	err = vm_protect_locked(mm, addr, addr + len, flags);
	mutex_unlock(&mm->mmap_lock);
	return err;
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
	if (area->node.prev != &mm->areas) {
		prev = list_prev_entry(area, node);
		/*
		 * The gap catches a stack that runs over before it reaches somebody else's
		 * memory.
		 */
		if ((prev->flags & VM_ACCESS) && prev->end + VM_STACK_GAP > start)
			return -EFAULT;
		if (prev->end > start)
			return -EFAULT;
	}
	if (start < USER_MIN)
		return -EFAULT;
	area->start = start;
	mm->total_vm += grow >> PAGE_SHIFT;
	return 0;
}
