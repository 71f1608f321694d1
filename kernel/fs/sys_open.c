/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that open, copy and close descriptors, and fcntl.  There are no record locks
 * (-ENOSYS, docs/files.md); flock is in flock.c.
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

/* O_NOATIME needs the owner of the file, since it hides accesses from the owner. */
static bool open_may_hide_access(uid_t owner)
{
	uid_t uid = current->process->cred.fsuid;

	return uid == 0 || uid == owner;
}

/*
 * Checked before the backend can create or truncate a file.  If the file does not exist, or
 * current may not open it, the open itself returns the error.
 */
static int open_check_noatime(int dfd, const char __user *upath, unsigned flags, bool follow)
{
	static const unsigned char wants[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, 0 };
	struct path_request rq = { .op = PORT_STAT, .follow = follow };
	const struct port_attr *attr = &rq.attr;

	if (path_perform(&rq, path_from_user(dfd, upath), NULL) ||
	    mode_permission(attr->mode, attr->uid, attr->gid, wants[flags & O_ACCMODE]))
		return 0;
	return open_may_hide_access(attr->uid) ? 0 : -EPERM;
}

/*
 * O_TMPFILE: no file system here has files without a name.  Returns -EOPNOTSUPP in the cases in
 * which Linux would create one.
 */
static long open_nameless(int dfd, const char __user *upath, unsigned flags)
{
	struct path_request rq = { .op = PORT_STAT, .follow = !(flags & O_NOFOLLOW) };
	const struct port_attr *attr = &rq.attr;
	int error;

	if (!(flags & O_DIRECTORY) || flags & O_CREAT || (flags & O_ACCMODE) == O_RDONLY)
		return -EINVAL;
	error = path_perform(&rq, path_from_user(dfd, upath), NULL);
	if (error)
		return error;
	if (!S_ISDIR(attr->mode))
		return -ENOTDIR;
	error = mode_permission(attr->mode, attr->uid, attr->gid, MAY_WRITE | MAY_EXEC);
	return error ? error : -EOPNOTSUPP;
}

static long open_at(int dfd, const char __user *upath, unsigned flags, umode_t mode)
{
	struct path_request rq = { .op = PORT_OPEN, .follow = !(flags & O_NOFOLLOW) };
	int ret;

	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (flags & O_TMPFILE)
		return open_nameless(dfd, upath, flags);
	if ((flags & O_CREAT) && (flags & O_DIRECTORY))
		return -EINVAL;
	if ((flags & O_CREAT) && (flags & O_EXCL))
		rq.follow = false;
	if (flags & O_NOATIME) {
		ret = open_check_noatime(dfd, upath, flags, rq.follow);
		if (ret)
			return ret;
	}
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
	if (first >= NR_OPEN)
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
	struct file *f = fd_get_any(fd);
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
	struct file *f = fd_get_any(oldfd);
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
	f = fd_get_any(oldfd);
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

#define FCNTL_CHANGEABLE	(O_APPEND | O_NONBLOCK | O_NOATIME)

static void file_set_flags(struct file *f, unsigned clear, unsigned set)
{
	spin_lock(&f->lock);
	f->flags = (f->flags & ~clear) | set;
	spin_unlock(&f->lock);
}

static long fcntl_set_flags(struct file *f, unsigned flags)
{
	struct stat st;
	int error = flags & ~f->flags & O_NOATIME ? file_stat(f, &st) : 0;

	if (error)
		return error;
	if (flags & ~f->flags & O_NOATIME && !open_may_hide_access(st.st_uid))
		return -EPERM;
	file_set_flags(f, FCNTL_CHANGEABLE, flags & FCNTL_CHANGEABLE);
	return 0;
}

static long fcntl_on_file(struct file *f, int fd, int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return arg < min_t(u64, process_rlimit(RLIMIT_NOFILE), NR_OPEN) ?
		       dup_from(fd, arg, cmd == F_DUPFD_CLOEXEC) : -EINVAL;
	case F_GETFD:
		return fd_get_cloexec(fd);
	case F_SETFD:
		return fd_set_cloexec(fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return f->flags | O_LARGEFILE;
	case F_SETFL:
		return fcntl_set_flags(f, arg);
	case F_GETPIPE_SZ:
		return file_is_pipe(f) ? pipe_get_size(f) : -EBADF;
	case F_SETPIPE_SZ:
		return file_is_pipe(f) ? pipe_set_size(f, arg) : -EBADF;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return -ENOSYS;
	}
	return -EINVAL;
}

/* Commands that are also allowed on an O_PATH descriptor. */
static bool fcntl_is_about_descriptor(int cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD ||
	       cmd == F_GETFL;
}

SYSCALL_DEFINE3(fcntl, int, fd, int, cmd, unsigned long, arg)
{
	struct file *f = fd_get_any(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = f->flags & O_PATH && !fcntl_is_about_descriptor(cmd) ? -EBADF :
	      fcntl_on_file(f, fd, cmd, arg);
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
	return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
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
