/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extended attributes: no file has any.  The calls return what Linux returns for a file system
 * without them, after Linux's checks.  So a program learns that there are no attributes
 * (-EOPNOTSUPP, an empty list), and not that the calls are missing (-ENOSYS).
 */
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

#define XATTR_NAME_MAX	255
#define XATTR_SIZE_MAX	65536
#define XATTR_FLAGS	3		/* XATTR_CREATE, XATTR_REPLACE */

/* A file, by path or by descriptor. */
struct xattr_object {
	const char __user *path;	/* NULL: fd */
	int fd;
	bool follow;
};

static int xattr_stat(const struct xattr_object *o, struct stat *st)
{
	struct path_request rq = { .op = PORT_STAT, .follow = o->follow };
	struct file *f;
	int error;

	if (o->path) {
		error = path_perform(&rq, path_from_user(AT_FDCWD, o->path), NULL);
		if (!error)
			attr_to_stat(&rq.attr, rq.dev, st);
		return error;
	}
	f = fd_get(o->fd);
	if (!f)
		return -EBADF;
	error = file_stat(f, st);
	file_put(f);
	return error;
}

static bool xattr_in_space(const char *name, const char *space)
{
	return !strncmp(name, space, strlen(space));
}

/* Checks whether current may access attribute @name of the file. */
static int xattr_permission(const struct stat *st, const char *name, bool change)
{
	int refused = change ? -EPERM : -ENODATA;

	if (xattr_in_space(name, "security.") || xattr_in_space(name, "system."))
		return 0;
	if (xattr_in_space(name, "trusted."))
		return is_superuser() ? 0 : refused;
	if (xattr_in_space(name, "user.") && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return refused;
	return mode_permission(st->st_mode, st->st_uid, st->st_gid,
			       change ? MAY_WRITE : MAY_READ);
}

static long xattr_refuse(const struct xattr_object *o, const char __user *uname, bool change)
{
	char name[XATTR_NAME_MAX + 1];
	struct stat st;
	ssize_t len = strncpy_from_user(name, uname, sizeof(name));
	int error;

	if (len == -ENAMETOOLONG || !len)
		return -ERANGE;
	if (len < 0)
		return len;
	error = xattr_stat(o, &st);
	if (!error)
		error = xattr_permission(&st, name, change);
	return error ? error : -EOPNOTSUPP;
}

static long xattr_list(const struct xattr_object *o)
{
	struct stat st;

	return xattr_stat(o, &st);	/* 0: the length of the list */
}

static long xattr_set(const struct xattr_object *o, const char __user *name, size_t size,
		      int flags)
{
	if (flags & ~XATTR_FLAGS)
		return -EINVAL;
	return size > XATTR_SIZE_MAX ? -E2BIG : xattr_refuse(o, name, true);
}

/* A bad address stays a path: it must not be taken for a descriptor. */
static struct xattr_object xattr_path(const char __user *path, bool follow)
{
	return (struct xattr_object){ .path = path ? path : (const char __user *)-1UL,
				      .follow = follow };
}

static struct xattr_object xattr_fd(int fd)
{
	return (struct xattr_object){ .fd = fd };
}

SYSCALL_DEFINE5(setxattr, const char __user *, path, const char __user *, name,
		const void __user *, value, size_t, size, int, flags)
{
	struct xattr_object o = xattr_path(path, true);

	return xattr_set(&o, name, size, flags);
}

SYSCALL_DEFINE5(lsetxattr, const char __user *, path, const char __user *, name,
		const void __user *, value, size_t, size, int, flags)
{
	struct xattr_object o = xattr_path(path, false);

	return xattr_set(&o, name, size, flags);
}

SYSCALL_DEFINE5(fsetxattr, int, fd, const char __user *, name, const void __user *, value,
		size_t, size, int, flags)
{
	struct xattr_object o = xattr_fd(fd);

	return xattr_set(&o, name, size, flags);
}

SYSCALL_DEFINE4(getxattr, const char __user *, path, const char __user *, name, void __user *,
		value, size_t, size)
{
	struct xattr_object o = xattr_path(path, true);

	return xattr_refuse(&o, name, false);
}

SYSCALL_DEFINE4(lgetxattr, const char __user *, path, const char __user *, name, void __user *,
		value, size_t, size)
{
	struct xattr_object o = xattr_path(path, false);

	return xattr_refuse(&o, name, false);
}

SYSCALL_DEFINE4(fgetxattr, int, fd, const char __user *, name, void __user *, value, size_t, size)
{
	struct xattr_object o = xattr_fd(fd);

	return xattr_refuse(&o, name, false);
}

SYSCALL_DEFINE3(listxattr, const char __user *, path, char __user *, list, size_t, size)
{
	struct xattr_object o = xattr_path(path, true);

	return xattr_list(&o);
}

SYSCALL_DEFINE3(llistxattr, const char __user *, path, char __user *, list, size_t, size)
{
	struct xattr_object o = xattr_path(path, false);

	return xattr_list(&o);
}

SYSCALL_DEFINE3(flistxattr, int, fd, char __user *, list, size_t, size)
{
	struct xattr_object o = xattr_fd(fd);

	return xattr_list(&o);
}

SYSCALL_DEFINE2(removexattr, const char __user *, path, const char __user *, name)
{
	struct xattr_object o = xattr_path(path, true);

	return xattr_refuse(&o, name, true);
}

SYSCALL_DEFINE2(lremovexattr, const char __user *, path, const char __user *, name)
{
	struct xattr_object o = xattr_path(path, false);

	return xattr_refuse(&o, name, true);
}

SYSCALL_DEFINE2(fremovexattr, int, fd, const char __user *, name)
{
	struct xattr_object o = xattr_fd(fd);

	return xattr_refuse(&o, name, true);
}
