/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that move bytes: read and write in all their forms, lseek, sendfile,
 * copy_file_range.
 *
 * A vectored call is one operation: short vectors are gathered in a kernel buffer, so
 * that a pipe, a terminal or /dev/kmsg sees one write, and a read that has its bytes
 * does not wait for more.  Long vectors on seekable files go piece by piece.
 */
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

#define RW_MAX		0x7ffff000UL	/* longest transfer of one call, as the ABI has it */
#define RW_BOUNCE	65536UL
#define IOV_MAX		1024

typedef ssize_t (*rw_fn)(struct file *f, struct iobuf *io, loff_t *pos);

/* ---- plain ----------------------------------------------------------------------- */

static __always_inline ssize_t rw_user(int fd, void __user *buf, size_t n, loff_t *pos, rw_fn fn)
{
	bool counted;
	struct file *f = fd_borrow(fd, &counted);
	struct iobuf io = iobuf_user(buf, min(n, RW_MAX));
	ssize_t ret;

	if (!f)
		return -EBADF;
	if (pos && !f->seekable)
		ret = -ESPIPE;
	else if (pos && *pos < 0)
		ret = -EINVAL;
	else if (!access_ok(buf, n))
		ret = -EFAULT;
	else
		ret = fn(f, &io, pos);
	fd_return(f, counted);
	return ret;
}

SYSCALL_DEFINE3(read, int, fd, void __user *, buf, size_t, n)
{
	return rw_user(fd, buf, n, NULL, file_read);
}

SYSCALL_DEFINE3(write, int, fd, void __user *, buf, size_t, n)
{
	return rw_user(fd, buf, n, NULL, file_write);
}

SYSCALL_DEFINE4(pread64, int, fd, void __user *, buf, size_t, n, loff_t, pos)
{
	return rw_user(fd, buf, n, &pos, file_read);
}

SYSCALL_DEFINE4(pwrite64, int, fd, void __user *, buf, size_t, n, loff_t, pos)
{
	return rw_user(fd, buf, n, &pos, file_write);
}

/* ---- vectors ----------------------------------------------------------------------- */

struct rw_vector {
	struct iovec *iov;
	unsigned n;
	size_t total;
};

static int rw_vector_get(struct rw_vector *v, const struct iovec __user *uiov, unsigned long n)
{
	if (n > IOV_MAX)
		return -EINVAL;
	*v = (struct rw_vector){ .n = n, .iov = kcalloc(n ? n : 1, sizeof(*v->iov), GFP_KERNEL) };
	if (!v->iov)
		return -ENOMEM;
	if (copy_from_user(v->iov, uiov, n * sizeof(*v->iov)))
		goto fault;
	for (unsigned i = 0; i < n; i++) {
		if (!access_ok(v->iov[i].iov_base, v->iov[i].iov_len))
			goto fault;
		v->total += v->iov[i].iov_len;
	}
	if (v->total > RW_MAX) {
		kfree(v->iov);
		return -EINVAL;
	}
	return 0;
fault:
	kfree(v->iov);
	return -EFAULT;
}

/* Copies between @buf[0..n) and the vector: bytes, or -EFAULT if none. */
static ssize_t rw_vector_copy(const struct rw_vector *v, u8 *buf, size_t n, bool to_user)
{
	size_t done = 0;

	for (unsigned i = 0; i < v->n && done < n; i++) {
		struct iobuf io = iobuf_user(v->iov[i].iov_base,
					     min_t(size_t, v->iov[i].iov_len, n - done));
		size_t want = io.len;
		ssize_t got = !want ? 0 : to_user ? iobuf_put(&io, buf + done, want) :
						    iobuf_get(&io, buf + done, want);
		if (got > 0)
			done += got;
		if (got < (ssize_t)want)
			return done ? (ssize_t)done : -EFAULT;
	}
	return done;
}

static ssize_t rw_vector_bounce(struct file *f, const struct rw_vector *v, loff_t *pos, bool rd)
{
	size_t n = min(v->total, RW_BOUNCE);
	u8 *buf = kmalloc(n ? n : 1, GFP_KERNEL);
	struct iobuf io = iobuf_kernel(buf, n);
	ssize_t ret;

	if (!buf)
		return -ENOMEM;
	if (rd) {
		ret = file_read(f, &io, pos);
		if (ret > 0)
			ret = rw_vector_copy(v, buf, ret, true);
	} else {
		ret = rw_vector_copy(v, buf, n, false);
		io.len = ret > 0 ? ret : 0;
		if (ret >= 0)
			ret = file_write(f, &io, pos);
	}
	kfree(buf);
	return ret;
}

static ssize_t rw_vector_direct(struct file *f, const struct rw_vector *v, loff_t *pos, bool rd)
{
	ssize_t done = 0, ret = 0;

	for (unsigned i = 0; i < v->n; i++) {
		struct iobuf io = iobuf_user(v->iov[i].iov_base, v->iov[i].iov_len);

		ret = rd ? file_read(f, &io, pos) : file_write(f, &io, pos);
		if (ret > 0)
			done += ret;
		if (ret < (ssize_t)v->iov[i].iov_len)
			break;
	}
	return done ? done : ret;
}

static ssize_t rw_vector(int fd, const struct iovec __user *uiov, unsigned long n, loff_t *pos,
			 bool rd)
{
	struct file *f = fd_get(fd);
	struct rw_vector v;
	ssize_t ret;

	if (!f)
		return -EBADF;
	ret = pos && !f->seekable ? -ESPIPE : pos && *pos < 0 ? -EINVAL :
	      rw_vector_get(&v, uiov, n);
	if (!ret) {
		if (v.total <= RW_BOUNCE || (rd && !f->seekable))
			ret = rw_vector_bounce(f, &v, pos, rd);
		else
			ret = rw_vector_direct(f, &v, pos, rd);
		kfree(v.iov);
	}
	file_put(f);
	return ret;
}

SYSCALL_DEFINE3(readv, int, fd, const struct iovec __user *, iov, unsigned long, n)
{
	return rw_vector(fd, iov, n, NULL, true);
}

SYSCALL_DEFINE3(writev, int, fd, const struct iovec __user *, iov, unsigned long, n)
{
	return rw_vector(fd, iov, n, NULL, false);
}

SYSCALL_DEFINE4(preadv, int, fd, const struct iovec __user *, iov, unsigned long, n, loff_t, pos)
{
	return rw_vector(fd, iov, n, &pos, true);
}

SYSCALL_DEFINE4(pwritev, int, fd, const struct iovec __user *, iov, unsigned long, n, loff_t, pos)
{
	return rw_vector(fd, iov, n, &pos, false);
}

/* ---- lseek ---------------------------------------------------------------------------- */

/* The usual rule.  Caller holds pos_lock. */
static loff_t lseek_usual(struct file *f, loff_t off, int whence)
{
	struct stat st = { 0 };
	loff_t base = 0;
	int ret = 0;

	assert_mutex_held(&f->pos_lock);
	if (whence == SEEK_CUR)
		base = f->pos;
	else if (whence == SEEK_END || whence == SEEK_DATA || whence == SEEK_HOLE)
		ret = file_stat(f, &st);
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (ret)
		return ret;
	if (whence == SEEK_END)
		base = st.st_size;
	if ((whence == SEEK_DATA || whence == SEEK_HOLE) && (off < 0 || off >= st.st_size))
		return -ENXIO;
	if (whence == SEEK_HOLE)	/* the only hole is at the end */
		return st.st_size;
	if (__builtin_add_overflow(base, off, &base) || base < 0)
		return -EINVAL;
	return base;
}

SYSCALL_DEFINE3(lseek, int, fd, loff_t, off, int, whence)
{
	struct file *f = fd_get(fd);
	loff_t ret;

	if (!f)
		return -EBADF;
	ret = !f->seekable ? -ESPIPE : mutex_lock_interruptible(&f->pos_lock);
	if (!ret) {
		ret = f->ops->lseek ? f->ops->lseek(f, off, whence) : lseek_usual(f, off, whence);
		if (ret >= 0)
			f->pos = ret;
		mutex_unlock(&f->pos_lock);
	}
	file_put(f);
	return ret;
}

/* ---- from file to file ------------------------------------------------------------------- */

/* Where one side of a copy stands: an own offset, or that of the file. */
static int copy_start(struct file *f, const loff_t __user *upos, loff_t *pos)
{
	if (upos)
		return get_user(*pos, upos) ? -EFAULT : *pos < 0 ? -EINVAL : 0;
	*pos = f->seekable ? READ_ONCE(f->pos) : 0;
	return 0;
}

static int copy_finish(struct file *f, loff_t __user *upos, loff_t pos)
{
	if (upos)
		return put_user(pos, upos);
	if (f->seekable) {
		mutex_lock(&f->pos_lock);
		f->pos = pos;
		mutex_unlock(&f->pos_lock);
	}
	return 0;
}

/* Reads a piece at *inpos and writes it: bytes that went all the way. */
static ssize_t copy_piece(struct file *in, loff_t *inpos, struct file *out, loff_t *outpos,
			  u8 *buf, size_t n)
{
	struct iobuf io = iobuf_kernel(buf, n);
	loff_t at = *inpos;
	ssize_t got = file_read(in, &io, &at), put = 0;
	size_t done = 0;

	while (got > 0 && done < (size_t)got) {
		io = iobuf_kernel(buf + done, got - done);
		put = file_write(out, &io, outpos);
		if (put <= 0)
			break;
		done += put;
	}
	*inpos += done;
	return done ? (ssize_t)done : got <= 0 ? got : put;
}

static ssize_t copy_files(struct file *in, loff_t *inpos, struct file *out, loff_t *outpos,
			  size_t n)
{
	u8 *buf = kmalloc(RW_BOUNCE, GFP_KERNEL);
	ssize_t ret = 0;
	size_t done = 0;

	if (!buf)
		return -ENOMEM;
	while (done < n) {
		ret = copy_piece(in, inpos, out, outpos, buf, min(n - done, RW_BOUNCE));
		if (ret <= 0)
			break;
		done += ret;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	kfree(buf);
	return done ? (ssize_t)done : ret;
}

SYSCALL_DEFINE4(sendfile, int, outfd, int, infd, loff_t __user *, upos, size_t, n)
{
	struct file *in = fd_get(infd), *out = fd_get(outfd);
	ssize_t ret = -EBADF;
	loff_t pos;

	if (!in || !out)
		goto put;
	/* Elsewhere an offset need not count bytes (/dev/kmsg); callers then read and write. */
	ret = !S_ISREG(in->mode) ? -EINVAL : copy_start(in, upos, &pos);
	if (ret)
		goto put;
	ret = copy_files(in, &pos, out, NULL, min(n, RW_MAX));
	if (ret > 0 && copy_finish(in, upos, pos))
		ret = -EFAULT;
put:
	if (in)
		file_put(in);
	if (out)
		file_put(out);
	return ret;
}

/* Within one file the ranges must be apart: what was written would be read. */
static int copy_check_overlap(struct file *in, loff_t inpos, struct file *out, loff_t outpos,
			      size_t n)
{
	loff_t distance = inpos < outpos ? outpos - inpos : inpos - outpos;
	struct stat a, b;
	int ret = file_stat(in, &a);

	if (!ret)
		ret = file_stat(out, &b);
	if (ret)
		return ret;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino && (size_t)distance < n ? -EINVAL : 0;
}

SYSCALL_DEFINE6(copy_file_range, int, infd, loff_t __user *, uin, int, outfd, loff_t __user *, uout,
		size_t, n, unsigned, flags)
{
	struct file *in = fd_get(infd), *out = fd_get(outfd);
	loff_t inpos, outpos;
	ssize_t ret = -EBADF;

	if (!in || !out)
		goto put;
	ret = flags || !S_ISREG(in->mode) || !S_ISREG(out->mode) ? -EINVAL :
	      copy_start(in, uin, &inpos);
	if (!ret)
		ret = copy_start(out, uout, &outpos);
	if (!ret)
		ret = copy_check_overlap(in, inpos, out, outpos, min(n, RW_MAX));
	if (ret)
		goto put;
	ret = copy_files(in, &inpos, out, &outpos, min(n, RW_MAX));
	if (ret > 0 && (copy_finish(in, uin, inpos) || copy_finish(out, uout, outpos)))
		ret = -EFAULT;
put:
	if (in)
		file_put(in);
	if (out)
		file_put(out);
	return ret;
}
