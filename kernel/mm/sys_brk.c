/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls brk and mremap: areas that change their size.
 */
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/syscall.h>
#include <neurath/task.h>
#include <uapi/mman.h>
#include <uapi/resource.h>
#include "area.h"
#include "internal.h"

/* ---- brk ------------------------------------------------------------------ */

static int brk_grow(struct mm *mm, unsigned long old_end, unsigned long new_end)
{
	long ret;

	if (new_end - mm->brk_start > process_rlimit(RLIMIT_DATA))
		return -ENOMEM;
	if (!area_range_free(mm, old_end, new_end))
		return -ENOMEM;
	ret = vm_map_locked(mm, &(struct vm_mapping){
		.addr = old_end, .len = new_end - old_end, .flags = VM_READ | VM_WRITE,
		.fixed = true }, NULL);
	return ret < 0 ? ret : 0;
}

/* Returns the new end, or the old end if it could not be changed: the ABI has no errors here. */
SYSCALL_DEFINE1(brk, unsigned long, brk)
{
	struct mm *mm = current->mm;
	unsigned long old_end, new_end;
	int error = 0;

	mutex_lock(&mm->mmap_lock);
	if (brk >= mm->brk_start && brk <= USER_MAX) {
		old_end = align_up(mm->brk, PAGE_SIZE);
		new_end = align_up(brk, PAGE_SIZE);
		if (new_end > old_end)
			error = brk_grow(mm, old_end, new_end);
		else if (new_end < old_end)
			error = vm_unmap_locked(mm, new_end, old_end - new_end);
		if (!error)
			mm->brk = brk;
	}
	brk = mm->brk;
	mutex_unlock(&mm->mmap_lock);
	return brk;
}

/* ---- mremap --------------------------------------------------------------- */

struct mremap_request {
	unsigned long addr, old_len, new_len, new_addr;
	unsigned flags;
};

static int mremap_check(const struct mremap_request *r)
{
	if ((r->flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) || (r->addr & ~PAGE_MASK) ||
	    !r->old_len || !r->new_len)
		return -EINVAL;
	if (!vm_range_ok(r->addr, r->old_len))
		return -EFAULT;
	if (r->new_len > USER_MAX)
		return -ENOMEM;
	if (!(r->flags & MREMAP_FIXED))
		return 0;
	if (!(r->flags & MREMAP_MAYMOVE) || !vm_range_ok(r->new_addr, r->new_len))
		return -EINVAL;
	/* A move between overlapping ranges has no defined result. */
	if (r->new_addr < r->addr + r->old_len && r->addr < r->new_addr + r->new_len)
		return -EINVAL;
	return 0;
}

/*
 * Moves [addr, addr + min(old_len, new_len)) to @to, where nothing is mapped.  @area contains the
 * whole range.  The destination is mapped first: until then nothing has changed.
 */
static long mremap_move(struct mm *mm, struct vm_area *area, const struct mremap_request *r,
			unsigned long to)
{
	unsigned long len = min(r->old_len, r->new_len);
	struct vm_area *new = area_dup(area);
	int error;

	if (!new)
		return -ENOMEM;
	new->start = to;
	new->end = to + r->new_len;
	new->offset = area->offset + (r->addr - area->start);
	error = area_split_range(mm, r->addr, r->addr + r->old_len);
	area = vm_find(mm, r->addr);
	if (!error)
		error = vm_move_ptes(mm, area, r->addr, to, len);
	if (error) {
		area_free(new);
		return error;
	}
	area_insert(mm, new);
	mm->total_vm += r->new_len >> PAGE_SHIFT;
	area_merge(mm, new);
	/* Cannot fail: it allocates only to split, and the borders are split already. */
	vm_unmap_locked(mm, r->addr, r->old_len);
	return to;
}

static bool mremap_grow_in_place(struct mm *mm, struct vm_area *area,
				 const struct mremap_request *r)
{
	unsigned long end = r->addr + r->new_len;

	if (area->end != r->addr + r->old_len || end > USER_MAX || end < r->addr ||
	    !area_range_free(mm, area->end, end))
		return false;
	mm->total_vm += (end - area->end) >> PAGE_SHIFT;
	area_resize(mm, area, area->start, end);
	area_merge(mm, area);
	return true;
}

static long mremap_locked(struct mm *mm, const struct mremap_request *r)
{
	struct vm_area *area = vm_find(mm, r->addr);
	unsigned long to = r->new_addr;
	int error;

	if (!area || area->start > r->addr || area->end < r->addr + r->old_len)
		return -EFAULT;
	if (r->new_len > r->old_len && !vm_may_expand(mm, r->new_len - r->old_len))
		return -ENOMEM;
	if (r->flags & MREMAP_FIXED) {
		error = vm_unmap_locked(mm, to, r->new_len);
		if (error)
			return error;
		return mremap_move(mm, vm_find(mm, r->addr), r, to);
	}
	if (r->new_len < r->old_len)
		error = vm_unmap_locked(mm, r->addr + r->new_len, r->old_len - r->new_len);
	else
		error = 0;
	if (r->new_len <= r->old_len)
		return error ? error : (long)r->addr;
	if (mremap_grow_in_place(mm, area, r))
		return r->addr;
	to = r->flags & MREMAP_MAYMOVE ? area_find_gap(mm, r->new_len) : 0;
	return to ? mremap_move(mm, area, r, to) : -ENOMEM;
}

SYSCALL_DEFINE5(mremap, unsigned long, addr, size_t, old_len, size_t, new_len, unsigned, flags,
		unsigned long, new_addr)
{
	struct mm *mm = current->mm;
	struct mremap_request r = {
		.addr = addr, .old_len = align_up(old_len, PAGE_SIZE),
		.new_len = align_up(new_len, PAGE_SIZE), .flags = flags, .new_addr = new_addr,
	};
	long ret = mremap_check(&r);

	if (ret)
		return ret;
	mutex_lock(&mm->mmap_lock);
	ret = mremap_locked(mm, &r);
	mutex_unlock(&mm->mmap_lock);
	return ret;
}
