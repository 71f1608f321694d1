/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that change attributes, or contents as a whole: chmod, chown, times, truncate,
 * fallocate, sync.
 */
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

/* ---- attributes -------------------------------------------------------------------- */

/* @flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. */
static long setattr_path(int dfd, const char __user *upath, unsigned flags,
			 const struct setattr *attr)
{
	struct port_setattr set;
	struct path_request rq = { .op = PORT_SETATTR, .follow = !(flags & AT_SYMLINK_NOFOLLOW),
				   .set = &set };

	setattr_to_port(attr, &set);
	return path_perform(&rq, path_from_user_at(dfd, upath, flags), NULL);
}

/* Consumes @f, which may be NULL. */
static long setattr_file(struct file *f, const struct setattr *attr)
{
	long ret;

	if (!f)
		return -EBADF;
	ret = f->ops->setattr ? f->ops->setattr(f, attr) : -EPERM;
	file_put(f);
	return ret;
}

static long setattr_fd(int fd, const struct setattr *attr)
{
	return setattr_file(fd_get(fd), attr);
}

/* By path; if the path is empty an O_PATH descriptor is sufficient. */
static long setattr_at(int dfd, const char __user *upath, unsigned flags,
		       const struct setattr *attr)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return path_means_file(dfd, upath, flags) ? setattr_file(fd_get_any(dfd), attr) :
						    setattr_path(dfd, upath, flags, attr);
}

static struct setattr attr_mode(umode_t mode)
{
	return (struct setattr){ .valid = ATTR_MODE, .mode = mode & 07777 };
}

SYSCALL_DEFINE2(chmod, const char __user *, path, umode_t, mode)
{
	struct setattr attr = attr_mode(mode);

	return setattr_path(AT_FDCWD, path, 0, &attr);
}

SYSCALL_DEFINE3(fchmodat, int, dfd, const char __user *, path, umode_t, mode)
{
	struct setattr attr = attr_mode(mode);

	return setattr_path(dfd, path, 0, &attr);
}

SYSCALL_DEFINE2(fchmod, int, fd, umode_t, mode)
{
	struct setattr attr = attr_mode(mode);

	return setattr_fd(fd, &attr);
}

static struct setattr attr_owner(uid_t uid, gid_t gid)
{
	return (struct setattr){
		.valid = ATTR_OWNER | (uid != (uid_t)-1 ? ATTR_UID : 0) |
			 (gid != (gid_t)-1 ? ATTR_GID : 0),
		.uid = uid, .gid = gid };
}

SYSCALL_DEFINE3(chown, const char __user *, path, uid_t, uid, gid_t, gid)
{
	struct setattr attr = attr_owner(uid, gid);

	return setattr_path(AT_FDCWD, path, 0, &attr);
}

SYSCALL_DEFINE3(lchown, const char __user *, path, uid_t, uid, gid_t, gid)
{
	struct setattr attr = attr_owner(uid, gid);

	return setattr_path(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &attr);
}

SYSCALL_DEFINE3(fchown, int, fd, uid_t, uid, gid_t, gid)
{
	struct setattr attr = attr_owner(uid, gid);

	return setattr_fd(fd, &attr);
}

SYSCALL_DEFINE5(fchownat, int, dfd, const char __user *, path, uid_t, uid, gid_t, gid,
		unsigned, flags)
{
	struct setattr attr = attr_owner(uid, gid);

	return setattr_at(dfd, path, flags, &attr);
}

/* ---- times ---------------------------------------------------------------------------- */

#define UTIME_NOW	0x3fffffffL
#define UTIME_OMIT	0x3ffffffeL

static struct timespec64 attr_now(void)
{
	u64 now = clock_ns() + clock_realtime_offset_ns();

	return (struct timespec64){ .tv_sec = now / NSEC_PER_SEC, .tv_nsec = now % NSEC_PER_SEC };
}

/* Converts one of the two times; false = invalid. */
static bool attr_one_time(struct setattr *attr, unsigned bit, struct timespec64 *to,
			  const struct timespec64 *from)
{
	if (from->tv_nsec == UTIME_OMIT)
		return true;
	attr->valid |= bit;
	if (from->tv_nsec == UTIME_NOW) {
		*to = attr_now();
		return true;
	}
	*to = *from;
	return from->tv_nsec >= 0 && from->tv_nsec < (s64)NSEC_PER_SEC;
}

/* @ts NULL: both times are the present time. */
static bool attr_times(struct setattr *attr, const struct timespec64 *ts)
{
	static const struct timespec64 now[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };

	*attr = (struct setattr){ 0 };
	if (!ts)
		ts = now;
	if (ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW)
		attr->valid = ATTR_NOW;
	return attr_one_time(attr, ATTR_ATIME, &attr->atime, &ts[0]) &&
	       attr_one_time(attr, ATTR_MTIME, &attr->mtime, &ts[1]);
}

static long utimes_at(int dfd, const char __user *path, const struct timespec64 *ts,
		      unsigned flags)
{
	struct setattr attr;

	if (!attr_times(&attr, ts))
		return -EINVAL;
	if (!attr.valid)
		return 0;
	if (!path)
		return setattr_fd(dfd, &attr);
	return setattr_at(dfd, path, flags, &attr);
}

SYSCALL_DEFINE4(utimensat, int, dfd, const char __user *, path,
		const struct timespec64 __user *, uts, unsigned, flags)
{
	struct timespec64 ts[2];

	if (uts && copy_from_user(ts, uts, sizeof(ts)))
		return -EFAULT;
	return utimes_at(dfd, path, uts ? ts : NULL, flags);
}

/* For times in seconds and microseconds. */
static long utimes_us(int dfd, const char __user *path, const s64 __user *utv)
{
	struct timespec64 ts[2];
	s64 tv[4];

	if (!utv)
		return utimes_at(dfd, path, NULL, 0);
	if (copy_from_user(tv, utv, sizeof(tv)))
		return -EFAULT;
	for (unsigned i = 0; i < 2; i++) {
		if (tv[2 * i + 1] < 0 || tv[2 * i + 1] >= 1000000)
			return -EINVAL;
		ts[i] = (struct timespec64){ tv[2 * i], tv[2 * i + 1] * 1000 };
	}
	return utimes_at(dfd, path, ts, 0);
}

SYSCALL_DEFINE3(futimesat, int, dfd, const char __user *, path, const s64 __user *, utv)
{
	return utimes_us(dfd, path, utv);
}

SYSCALL_DEFINE2(utimes, const char __user *, path, const s64 __user *, utv)
{
	return utimes_us(AT_FDCWD, path, utv);
}

SYSCALL_DEFINE2(utime, const char __user *, path, const s64 __user *, ut)
{
	struct timespec64 ts[2] = { 0 };

	if (ut && (get_user(ts[0].tv_sec, &ut[0]) || get_user(ts[1].tv_sec, &ut[1])))
		return -EFAULT;
	return utimes_at(AT_FDCWD, path, ut ? ts : NULL, 0);
}

/* ---- size ------------------------------------------------------------------------------- */

/* RLIMIT_FSIZE limits growth: a file that is larger already may shrink to any size. */
static bool size_may_be_too_large(loff_t size)
{
	return unlikely((u64)size > process_rlimit(RLIMIT_FSIZE));
}

static int truncate_check_path(const char __user *upath, loff_t size)
{
	struct path_request rq = { .op = PORT_STAT, .follow = true };
	struct port_attr *attr = &rq.attr;
	int error = path_perform(&rq, path_from_user(AT_FDCWD, upath), NULL);

	if (!error)
		error = mode_permission(attr->mode, attr->uid, attr->gid, MAY_WRITE);
	if (error || !S_ISREG(attr->mode) || (u64)size <= attr->size)
		return error;
	return file_check_size(size);
}

SYSCALL_DEFINE2(truncate, const char __user *, path, loff_t, size)
{
	struct path_request rq = { .op = PORT_TRUNC, .follow = true, .arg0 = size };
	int error = 0;

	if (size < 0)
		return -EINVAL;
	if (size_may_be_too_large(size))
		error = truncate_check_path(path, size);
	return error ? error : path_perform(&rq, path_from_user(AT_FDCWD, path), NULL);
}

static int truncate_check_file(struct file *f, loff_t size)
{
	struct stat st;
	int error = file_stat(f, &st);

	return error || size <= st.st_size ? error : file_check_size(size);
}

static int truncate_file(struct file *f, loff_t size)
{
	int error = 0;

	if (size < 0 || !file_may_write(f) || !f->ops->truncate || !S_ISREG(f->mode))
		return -EINVAL;
	if (size_may_be_too_large(size))
		error = truncate_check_file(f, size);
	return error ? error : f->ops->truncate(f, size);
}

SYSCALL_DEFINE2(ftruncate, int, fd, loff_t, size)
{
	struct file *f = fd_get(fd);
	int error;

	if (!f)
		return -EBADF;
	error = truncate_file(f, size);
	file_put(f);
	return error;
}

/* Files are in memory, so there is nothing to reserve except the size itself. */
static int fallocate_file(struct file *f, loff_t off, loff_t len)
{
	struct stat st;
	loff_t end;
	int error;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (__builtin_add_overflow(off, len, &end))
		return -EFBIG;
	if (!file_may_write(f))
		return -EBADF;
	if (!S_ISREG(f->mode))
		return S_ISFIFO(f->mode) ? -ESPIPE : -ENODEV;
	error = file_stat(f, &st);
	return error || st.st_size >= end ? error : truncate_file(f, end);
}

SYSCALL_DEFINE4(fallocate, int, fd, int, mode, loff_t, off, loff_t, len)
{
	struct file *f;
	int error;

	if (mode)
		return -EOPNOTSUPP;
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	error = fallocate_file(f, off, len);
	file_put(f);
	return error;
}

/* ---- sync -------------------------------------------------------------------------------- */

static long sync_fd(int fd)
{
	struct file *f = fd_get(fd);
	int error;

	if (!f)
		return -EBADF;
	error = f->ops->sync ? f->ops->sync(f) : -EINVAL;
	file_put(f);
	return error;
}

SYSCALL_DEFINE1(fsync, int, fd)
{
	return sync_fd(fd);
}

SYSCALL_DEFINE1(fdatasync, int, fd)
{
	return sync_fd(fd);
}

/* The kernel does not buffer writes: every write has reached its server. */
SYSCALL_DEFINE0(sync)
{
	return 0;
}
