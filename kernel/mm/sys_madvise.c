/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls madvise and msync.  Advice about speed is accepted and ignored.  Advice that
 * changes the memory's contents for the process is carried out.
 */
#include <neurath/errno.h>
#include <neurath/syscall.h>
#include <neurath/task.h>
#include <uapi/mman.h>
#include "area.h"
#include "internal.h"

static bool madvise_is_hint(int advice)
{
	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_COLD:
	case MADV_PAGEOUT:
		return true;
	}
	return false;
}

/* MADV_FREE may drop the pages at once: until the next write their contents are undefined. */
static int madvise_may_drop(const struct vm_area *area, int advice)
{
	if (advice == MADV_FREE && (area->object || (area->flags & VM_SHARED)))
		return -EINVAL;
	return 0;
}

static int madvise_drop(struct mm *mm, unsigned long start, unsigned long end, int advice)
{
	struct vm_area *area;

	for (area = vm_find(mm, start); area && area->start < end; area = area_next(mm, area)) {
		int error = madvise_may_drop(area, advice);

		if (error)
			return error;
		vm_zap(mm, area, max(start, area->start), min(end, area->end), true);
	}
	return 0;
}

SYSCALL_DEFINE3(madvise, unsigned long, addr, size_t, len, int, advice)
{
	bool drop = advice == MADV_DONTNEED || advice == MADV_FREE;
	struct mm *mm = current->mm;
	unsigned long end;
	bool covered;
	int error = 0;

	if ((addr & ~PAGE_MASK) || (!drop && !madvise_is_hint(advice)) || len > USER_MAX)
		return -EINVAL;
	len = align_up(len, PAGE_SIZE);
	if (!len)
		return 0;
	if (!vm_range_ok(addr, len))
		return -ENOMEM;
	end = addr + len;
	mutex_lock(&mm->mmap_lock);
	/* If there are holes the mapped parts are advised, and then an error is returned. */
	covered = area_range_covered(mm, addr, end);
	if (drop)
		error = madvise_drop(mm, addr, end, advice);
	mutex_unlock(&mm->mmap_lock);
	return error ? error : covered ? 0 : -ENOMEM;
}

/* Mappings are not written back, so there is nothing to wait for. */
SYSCALL_DEFINE3(msync, unsigned long, addr, size_t, len, int, flags)
{
	struct mm *mm = current->mm;
	bool covered;

	if ((addr & ~PAGE_MASK) || (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	if (len > USER_MAX)
		return -ENOMEM;
	len = align_up(len, PAGE_SIZE);
	if (!len)
		return 0;
	if (!vm_range_ok(addr, len))
		return -ENOMEM;
	mutex_lock(&mm->mmap_lock);
	covered = area_range_covered(mm, addr, addr + len);
	mutex_unlock(&mm->mmap_lock);
	return covered ? 0 : -ENOMEM;
}
