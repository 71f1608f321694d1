/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System calls that read attributes: stat in all forms, statx, statfs, access, readlink. */
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

/* @flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. */
static int stat_path(int dfd, const char __user *upath, unsigned flags, bool real_ids,
		     struct stat *st)
{
	struct path_request rq = { .op = PORT_STAT, .follow = !(flags & AT_SYMLINK_NOFOLLOW),
				   .real_ids = real_ids };
	int error = path_perform(&rq, path_from_user_at(dfd, upath, flags), NULL);

	if (!error)
		attr_to_stat(&rq.attr, rq.dev, st);
	return error;
}

static int stat_fd(int fd, struct stat *st)
{
	struct file *f = fd_get_any(fd);
	int error;

	if (!f)
		return -EBADF;
	error = file_stat(f, st);
	file_put(f);
	return error;
}

static int stat_at(int dfd, const char __user *upath, unsigned flags, struct stat *st)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	return path_means_file(dfd, upath, flags) ? stat_fd(dfd, st) :
						    stat_path(dfd, upath, flags, false, st);
}

static long stat_give(int error, const struct stat *st, struct stat __user *ust)
{
	return error ? error : copy_to_user(ust, st, sizeof(*st));
}

SYSCALL_DEFINE2(stat, const char __user *, path, struct stat __user *, ust)
{
	struct stat st;

	return stat_give(stat_path(AT_FDCWD, path, 0, false, &st), &st, ust);
}

SYSCALL_DEFINE2(lstat, const char __user *, path, struct stat __user *, ust)
{
	struct stat st;

	return stat_give(stat_path(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, false, &st), &st, ust);
}

SYSCALL_DEFINE2(fstat, int, fd, struct stat __user *, ust)
{
	struct stat st;

	return stat_give(stat_fd(fd, &st), &st, ust);
}

SYSCALL_DEFINE4(newfstatat, int, dfd, const char __user *, path, struct stat __user *, ust,
		unsigned, flags)
{
	struct stat st;

	return stat_give(stat_at(dfd, path, flags, &st), &st, ust);
}

/* ---- statx -------------------------------------------------------------------------- */

static struct statx_timestamp statx_time(const struct timespec64 *t)
{
	return (struct statx_timestamp){ .tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec };
}

SYSCALL_DEFINE5(statx, int, dfd, const char __user *, path, unsigned, flags, unsigned, mask,
		struct statx __user *, ux)
{
	struct statx x;
	struct stat st;
	int error = -EINVAL;

	/* All fields are returned, also unrequested ones: this costs nothing. */
	if (!(mask & STATX__RESERVED) && (flags & AT_STATX_SYNC_TYPE) != AT_STATX_SYNC_TYPE)
		error = stat_at(dfd, path, flags, &st);
	if (error)
		return error;
	x = (struct statx){
		.stx_mask = STATX_BASIC_STATS, .stx_blksize = st.st_blksize,
		.stx_nlink = st.st_nlink, .stx_uid = st.st_uid, .stx_gid = st.st_gid,
		.stx_mode = st.st_mode, .stx_ino = st.st_ino, .stx_size = st.st_size,
		.stx_blocks = st.st_blocks, .stx_atime = statx_time(&st.st_atim),
		.stx_ctime = statx_time(&st.st_ctim), .stx_mtime = statx_time(&st.st_mtim),
		.stx_rdev_major = DEV_MAJOR(st.st_rdev), .stx_rdev_minor = DEV_MINOR(st.st_rdev),
		.stx_dev_major = DEV_MAJOR(st.st_dev), .stx_dev_minor = DEV_MINOR(st.st_dev),
	};
	return copy_to_user(ux, &x, sizeof(x));
}

/* ---- statfs -------------------------------------------------------------------------- */

SYSCALL_DEFINE2(statfs, const char __user *, path, struct statfs __user *, ust)
{
	struct path_request rq = { .op = PORT_STATFS, .follow = true };
	int error = path_perform(&rq, path_from_user(AT_FDCWD, path), NULL);

	return error ? error : copy_to_user(ust, &rq.statfs, sizeof(rq.statfs));
}

SYSCALL_DEFINE2(fstatfs, int, fd, struct statfs __user *, ust)
{
	struct file *f = fd_get_any(fd);
	struct statfs st = { .f_bsize = PAGE_SIZE, .f_frsize = PAGE_SIZE, .f_namelen = 255 };
	int error;

	if (!f)
		return -EBADF;
	error = f->ops->statfs ? f->ops->statfs(f, &st) : 0;
	file_put(f);
	return error ? error : copy_to_user(ust, &st, sizeof(st));
}

/* ---- access ------------------------------------------------------------------------------ */

static long access_at(int dfd, const char __user *upath, unsigned mask, unsigned flags)
{
	bool real = !(flags & AT_EACCESS);
	struct stat st;
	int error;

	if (mask & ~(R_OK | W_OK | X_OK))
		return -EINVAL;
	if (path_means_file(dfd, upath, flags))
		error = stat_fd(dfd, &st);
	else
		error = stat_path(dfd, upath, flags, real, &st);
	if (error || !mask)
		return error;
	return real ? mode_permission_real(st.st_mode, st.st_uid, st.st_gid, mask) :
		      mode_permission(st.st_mode, st.st_uid, st.st_gid, mask);
}

SYSCALL_DEFINE2(access, const char __user *, path, unsigned, mask)
{
	return access_at(AT_FDCWD, path, mask, 0);
}

SYSCALL_DEFINE3(faccessat, int, dfd, const char __user *, path, unsigned, mask)
{
	return access_at(dfd, path, mask, 0);
}

SYSCALL_DEFINE4(faccessat2, int, dfd, const char __user *, path, unsigned, mask, unsigned, flags)
{
	if (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return access_at(dfd, path, mask, flags);
}

/* ---- readlink ------------------------------------------------------------------------------ */

/* The path of the link to which an O_PATH | O_NOFOLLOW descriptor refers. */
static char *readlink_path_of(int fd)
{
	struct file *f = fd_get_any(fd);
	char *path;

	if (!f)
		return ERR_PTR(-EBADF);
	path = S_ISLNK(f->mode) && f->path ? kstrdup(f->path, GFP_KERNEL) : ERR_PTR(-ENOENT);
	file_put(f);
	return path ? path : ERR_PTR(-ENOMEM);
}

static long readlink_at(int dfd, const char __user *upath, char __user *ubuf, size_t size)
{
	struct path_request rq = { .op = PORT_READLINK };
	size_t len;
	int error;

	if ((ssize_t)size <= 0)
		return -EINVAL;
	error = path_perform(&rq, dfd != AT_FDCWD && path_is_empty(upath) ? readlink_path_of(dfd) :
						   path_from_user(dfd, upath), NULL);
	if (error)
		return error;
	len = min(strlen(rq.link), size);
	error = copy_to_user(ubuf, rq.link, len);
	kfree(rq.link);
	return error ? error : (long)len;
}

SYSCALL_DEFINE3(readlink, const char __user *, path, char __user *, buf, int, size)
{
	return readlink_at(AT_FDCWD, path, buf, size);
}

SYSCALL_DEFINE4(readlinkat, int, dfd, const char __user *, path, char __user *, buf, int, size)
{
	return readlink_at(dfd, path, buf, size);
}
