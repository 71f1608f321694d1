/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that change names: mkdir, mknod, unlink, rmdir, rename, link, symlink; also mount
 * and umount.  Backends check permissions.
 */
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

static long mknod_at(int dfd, const char __user *upath, umode_t mode, u64 dev)
{
	struct path_request rq = { .op = PORT_MKNOD, .arg1 = dev };

	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !is_superuser())
		return -EPERM;
	rq.arg0 = (mode & S_IFMT) | (mode & 07777 & ~READ_ONCE(current->process->umask));
	return path_perform(&rq, path_from_user(dfd, upath), NULL);
}

SYSCALL_DEFINE2(mkdir, const char __user *, path, umode_t, mode)
{
	return mknod_at(AT_FDCWD, path, S_IFDIR | (mode & 07777), 0);
}

SYSCALL_DEFINE3(mkdirat, int, dfd, const char __user *, path, umode_t, mode)
{
	return mknod_at(dfd, path, S_IFDIR | (mode & 07777), 0);
}

SYSCALL_DEFINE3(mknod, const char __user *, path, umode_t, mode, u64, dev)
{
	return S_ISDIR(mode) ? -EPERM : mknod_at(AT_FDCWD, path, mode, dev);
}

SYSCALL_DEFINE4(mknodat, int, dfd, const char __user *, path, umode_t, mode, u64, dev)
{
	return S_ISDIR(mode) ? -EPERM : mknod_at(dfd, path, mode, dev);
}

/* ---- unlink ----------------------------------------------------------------------- */

static long unlink_at(int dfd, const char __user *upath, bool dir)
{
	struct path_request rq = { .op = PORT_UNLINK, .arg0 = dir };

	return path_perform(&rq, path_from_user(dfd, upath), NULL);
}

SYSCALL_DEFINE1(unlink, const char __user *, path)
{
	return unlink_at(AT_FDCWD, path, false);
}

SYSCALL_DEFINE1(rmdir, const char __user *, path)
{
	return unlink_at(AT_FDCWD, path, true);
}

SYSCALL_DEFINE3(unlinkat, int, dfd, const char __user *, path, int, flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return unlink_at(dfd, path, flags & AT_REMOVEDIR);
}

/* ---- rename, link, symlink ------------------------------------------------------------ */

/* An operation with two paths. */
static long two_paths(struct path_request *rq, int dfd1, const char __user *upath1, int dfd2,
		      const char __user *upath2)
{
	char *path1 = path_from_user(dfd1, upath1), *path2;

	if (IS_ERR(path1))
		return PTR_ERR(path1);
	path2 = path_from_user(dfd2, upath2);
	return path_perform(rq, path1, path2);
}

static long rename_at(int dfd1, const char __user *from, int dfd2, const char __user *to,
		      unsigned flags)
{
	struct path_request rq = { .op = PORT_RENAME, .arg1 = flags };

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	return two_paths(&rq, dfd1, from, dfd2, to);
}

SYSCALL_DEFINE2(rename, const char __user *, from, const char __user *, to)
{
	return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0);
}

SYSCALL_DEFINE4(renameat, int, dfd1, const char __user *, from, int, dfd2,
		const char __user *, to)
{
	return rename_at(dfd1, from, dfd2, to, 0);
}

SYSCALL_DEFINE5(renameat2, int, dfd1, const char __user *, from, int, dfd2,
		const char __user *, to, unsigned, flags)
{
	return rename_at(dfd1, from, dfd2, to, flags);
}

static long link_at(int dfd1, const char __user *from, int dfd2, const char __user *to,
		    unsigned flags)
{
	struct path_request rq = { .op = PORT_LINK, .follow = !!(flags & AT_SYMLINK_FOLLOW) };

	if (flags & ~AT_SYMLINK_FOLLOW)
		return -EINVAL;
	return two_paths(&rq, dfd1, from, dfd2, to);
}

SYSCALL_DEFINE2(link, const char __user *, from, const char __user *, to)
{
	return link_at(AT_FDCWD, from, AT_FDCWD, to, 0);
}

SYSCALL_DEFINE5(linkat, int, dfd1, const char __user *, from, int, dfd2, const char __user *, to,
		unsigned, flags)
{
	return link_at(dfd1, from, dfd2, to, flags);
}

static long symlink_at(const char __user *utarget, int dfd, const char __user *upath)
{
	char *target = kmalloc(PATH_MAX, GFP_KERNEL);
	struct path_request rq = { .op = PORT_SYMLINK, .target = target };
	ssize_t len;
	long ret;

	if (!target)
		return -ENOMEM;
	len = strncpy_from_user(target, utarget, PATH_MAX);
	ret = len < 0 ? len : !len ? -ENOENT :
	      path_perform(&rq, path_from_user(dfd, upath), NULL);
	kfree(target);
	return ret;
}

SYSCALL_DEFINE2(symlink, const char __user *, target, const char __user *, path)
{
	return symlink_at(target, AT_FDCWD, path);
}

SYSCALL_DEFINE3(symlinkat, const char __user *, target, int, dfd, const char __user *, path)
{
	return symlink_at(target, dfd, path);
}

/* ---- umount ------------------------------------------------------------------------------- */

SYSCALL_DEFINE2(umount2, const char __user *, utarget, int, flags)
{
	char *path;
	int error;

	if (!is_superuser())
		return -EPERM;
	path = path_from_user(AT_FDCWD, utarget);
	if (IS_ERR(path))
		return PTR_ERR(path);
	path_take_ending(path);
	error = mount_remove(path);
	kfree(path);
	return error;
}
