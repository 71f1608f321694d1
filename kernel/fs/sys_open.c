/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that make, copy and close descriptors, and fcntl.  There are no record
 * locks (-ENOSYS, docs/files.md); flock is in flock.c.
 */
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include <uapi/ioctl.h>
#include "fs_internal.h"

/* ---- open -------------------------------------------------------------------- */

static umode_t open_mode(umode_t mode)
{
	return mode & 07777 & ~READ_ONCE(current->process->umask);
}

static long open_at(int dfd, const char __user *upath, unsigned flags, umode_t mode)
{
	struct path_request rq = { .op = PORT_OPEN, .follow = !(flags & O_NOFOLLOW) };
	int ret;

	if ((flags & O_TMPFILE) || ((flags & O_CREAT) && (flags & O_DIRECTORY)))
		return -EINVAL;
	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if ((flags & O_CREAT) && (flags & O_EXCL))
		rq.follow = false;
	rq.arg0 = flags & ~(O_CLOEXEC | PORT_OPEN_EXEC);
	rq.arg1 = open_mode(mode);
	ret = path_perform(&rq, path_from_user(dfd, upath), NULL);
	if (ret)
		return ret;
	ret = fd_install(rq.file, 0, flags & O_CLOEXEC);
	if (ret < 0)
		file_put(rq.file);
	return ret;
}

SYSCALL_DEFINE4(openat, int, dfd, const char __user *, path, int, flags, umode_t, mode)
{
	return open_at(dfd, path, flags, mode);
}

SYSCALL_DEFINE3(open, const char __user *, path, int, flags, umode_t, mode)
{
	return open_at(AT_FDCWD, path, flags, mode);
}

SYSCALL_DEFINE2(creat, const char __user *, path, umode_t, mode)
{
	return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* ---- close -------------------------------------------------------------------- */

SYSCALL_DEFINE1(close, int, fd)
{
	return fd_close(fd);
}

#define CLOSE_RANGE_CLOEXEC	4

SYSCALL_DEFINE3(close_range, unsigned, first, unsigned, last, unsigned, flags)
{
	struct files *files = current->files;

	if (first > last || (flags & ~CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if (first >= OPEN_MAX)
		return 0;
	for (int fd = files_next_fd(files, first); fd >= 0 && (unsigned)fd <= last;
	     fd = files_next_fd(files, fd + 1)) {
		if (flags & CLOSE_RANGE_CLOEXEC)
			fd_set_cloexec(fd, true);
		else
			fd_close(fd);
	}
	return 0;
}

/* ---- dup ------------------------------------------------------------------------ */

static long dup_from(int fd, int min, bool cloexec)
{
	struct file *f = fd_get(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = fd_install(f, min, cloexec);
	if (ret < 0)
		file_put(f);
	return ret;
}

static long dup_onto(int oldfd, int newfd, bool cloexec)
{
	struct file *f = fd_get(oldfd);
	int ret;

	if (!f)
		return -EBADF;
	ret = newfd < 0 ? -EBADF : fd_replace(f, newfd, cloexec);
	if (ret < 0)
		file_put(f);
	return ret;
}

SYSCALL_DEFINE1(dup, int, fd)
{
	return dup_from(fd, 0, false);
}

SYSCALL_DEFINE2(dup2, int, oldfd, int, newfd)
{
	struct file *f;

	if (oldfd != newfd)
		return dup_onto(oldfd, newfd, false);
	f = fd_get(oldfd);
	if (!f)
		return -EBADF;
	file_put(f);
	return newfd;
}

SYSCALL_DEFINE3(dup3, int, oldfd, int, newfd, int, flags)
{
	if ((flags & ~O_CLOEXEC) || oldfd == newfd)
		return -EINVAL;
	return dup_onto(oldfd, newfd, flags & O_CLOEXEC);
}

/* ---- fcntl and ioctl --------------------------------------------------------------- */

#define FCNTL_CHANGEABLE	(O_APPEND | O_NONBLOCK)

static void file_set_flags(struct file *f, unsigned clear, unsigned set)
{
	spin_lock(&f->lock);
	f->flags = (f->flags & ~clear) | set;
	spin_unlock(&f->lock);
}

static long fcntl_on_file(struct file *f, int fd, int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return arg < min_t(u64, process_rlimit(RLIMIT_NOFILE), OPEN_MAX) ?
		       dup_from(fd, arg, cmd == F_DUPFD_CLOEXEC) : -EINVAL;
	case F_GETFD:
		return fd_get_cloexec(fd);
	case F_SETFD:
		return fd_set_cloexec(fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return f->flags | O_LARGEFILE;
	case F_SETFL:
		file_set_flags(f, FCNTL_CHANGEABLE, arg & FCNTL_CHANGEABLE);
		return 0;
	case F_GETPIPE_SZ:
		return file_is_pipe(f) ? 65536 : -EBADF;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return -ENOSYS;
	}
	return -EINVAL;
}

SYSCALL_DEFINE3(fcntl, int, fd, int, cmd, unsigned long, arg)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = fcntl_on_file(f, fd, cmd, arg);
	file_put(f);
	return ret;
}

static long ioctl_on_file(struct file *f, int fd, unsigned cmd, unsigned long arg)
{
	int on;

	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		return fd_set_cloexec(fd, cmd == FIOCLEX);
	case FIONBIO:
		if (get_user(on, (int __user *)arg))
			return -EFAULT;
		file_set_flags(f, O_NONBLOCK, on ? O_NONBLOCK : 0);
		return 0;
	}
	return f->ops->ioctl && !(f->flags & O_PATH) ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

SYSCALL_DEFINE3(ioctl, int, fd, unsigned, cmd, unsigned long, arg)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = ioctl_on_file(f, fd, cmd, arg);
	file_put(f);
	return ret;
}

/* ---- sockets do not exist ------------------------------------------------------------ */

SYSCALL_DEFINE3(socket, int, family, int, type, int, protocol)
{
	return -EAFNOSUPPORT;
}

SYSCALL_DEFINE4(socketpair, int, family, int, type, int, protocol, int __user *, fds)
{
	return -EAFNOSUPPORT;
}
