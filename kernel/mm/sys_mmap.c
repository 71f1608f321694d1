/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls mmap, munmap and mprotect: they check and translate arguments of the Linux ABI
 * for map.c.  File contents are read before any lock is taken.
 */
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/task.h>
#include <uapi/mman.h>
#include "area.h"
#include "internal.h"

_Static_assert(PROT_READ == VM_READ && PROT_WRITE == VM_WRITE && PROT_EXEC == VM_EXEC,
	       "access bits are passed on unchanged");

struct mmap_request {
	unsigned long addr;
	size_t len;
	unsigned prot, flags;
	u64 offset;
	unsigned vm_flags;
	struct vmobject *object;	/* with a reference, until the mapping takes it */
	struct file *file;		/* with a reference, or NULL */
};

static int mmap_check(const struct mmap_request *req)
{
	unsigned type = req->flags & MAP_TYPE;

	if (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (!req->len || (req->offset & ~PAGE_MASK))
		return -EINVAL;
	if (req->len > USER_MAX)
		return -ENOMEM;
	if (req->flags & MAP_HUGETLB)
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (req->flags & MAP_SYNC))
		return -EOPNOTSUPP;
	if (!(req->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		return 0;
	if (req->addr & ~PAGE_MASK)
		return -EINVAL;
	if (req->addr < USER_MIN)
		return -EPERM;
	return vm_range_ok(req->addr, align_up(req->len, PAGE_SIZE)) ? 0 : -ENOMEM;
}

static unsigned mmap_vm_flags(const struct mmap_request *req)
{
	unsigned flags = req->prot & VM_ACCESS;

	if ((req->flags & MAP_TYPE) != MAP_PRIVATE)
		flags |= VM_SHARED;
	if (req->flags & MAP_GROWSDOWN)
		flags |= VM_GROWSDOWN;
	if (req->flags & MAP_NORESERVE)
		flags |= VM_NORESERVE;
	return flags;
}

/*
 * A shared mapping shows the file at the time of the mapping.  It is not written back, so it may
 * not be writable.
 */
static int mmap_prepare_file(struct mmap_request *req)
{
	if (!file_may_read(req->file))
		return -EACCES;
	if (!S_ISREG(req->file->mode) && !req->file->ops->map)
		return -ENODEV;
	if (req->vm_flags & VM_SHARED) {
		if (req->prot & PROT_WRITE)
			return file_may_write(req->file) ? -ENODEV : -EACCES;
		req->vm_flags |= VM_NEVER_WRITE;
	}
	if (req->vm_flags & VM_GROWSDOWN)
		return -EINVAL;
	return vmobject_of_file(req->file, &req->object);
}

static int mmap_prepare(struct mmap_request *req, int fd)
{
	req->vm_flags = mmap_vm_flags(req);
	if (!(req->flags & MAP_ANONYMOUS)) {
		req->file = fd_get(fd);
		return req->file ? mmap_prepare_file(req) : -EBADF;
	}
	req->offset = 0;
	if (!(req->vm_flags & VM_SHARED))
		return 0;
	req->object = vmobject_anon(align_up(req->len, PAGE_SIZE) >> PAGE_SHIFT);
	return req->object ? 0 : -ENOMEM;
}

static long mmap_perform(struct mmap_request *req)
{
	bool fixed = req->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	struct mm *mm = current->mm;
	char *name = NULL;
	long ret = -EEXIST;

	if (req->file && req->file->path && !(name = kstrdup(req->file->path, GFP_KERNEL)))
		return -ENOMEM;
	req->len = align_up(req->len, PAGE_SIZE);
	mutex_lock(&mm->mmap_lock);
	if (!(req->flags & MAP_FIXED_NOREPLACE) ||
	    area_range_free(mm, req->addr, req->addr + req->len))
		ret = vm_map_locked(mm, &(struct vm_mapping){
			.addr = req->addr, .len = req->len, .flags = req->vm_flags,
			.fixed = fixed, .object = req->object, .offset = req->offset }, name);
	mutex_unlock(&mm->mmap_lock);
	if (ret < 0)
		kfree(name);
	return ret;
}

/* MAP_POPULATE is advice: a page that cannot be present now is faulted in later. */
static void mmap_populate(unsigned long addr, size_t len, unsigned prot)
{
	unsigned access = prot & PROT_WRITE ? VM_WRITE : VM_READ;

	for (unsigned long va = addr; va < addr + len; va += PAGE_SIZE)
		if (vm_fault(current->mm, va, access) || fatal_signal_pending(current))
			return;
}

SYSCALL_DEFINE6(mmap, unsigned long, addr, size_t, len, unsigned, prot, unsigned, flags, int, fd,
		u64, offset)
{
	struct mmap_request req = {
		.addr = addr, .len = len, .prot = prot, .flags = flags, .offset = offset,
	};
	long ret = mmap_check(&req);

	if (!ret)
		ret = mmap_prepare(&req, fd);
	if (!ret) {
		ret = mmap_perform(&req);
		if (ret > 0)
			req.object = NULL;
	}
	if (req.object)
		vmobject_put(req.object);
	if (req.file)
		file_put(req.file);
	if (ret > 0 && (flags & (MAP_POPULATE | MAP_LOCKED)) && prot)
		mmap_populate(ret, len, prot);
	return ret;
}

SYSCALL_DEFINE2(munmap, unsigned long, addr, size_t, len)
{
	return vm_unmap(current->mm, addr, len);
}

SYSCALL_DEFINE3(mprotect, unsigned long, addr, size_t, len, unsigned, prot)
{
	if (prot & ~(VM_ACCESS | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (prot & (PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	return vm_protect(current->mm, addr, len, prot & VM_ACCESS);
}
