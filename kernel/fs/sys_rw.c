/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that move bytes: read and write in all their forms, lseek, sendfile,
 * copy_file_range.  Each is a transfer (include/neurath/transfer.h): if it is interrupted after a
 * part, it leaves the kernel and continues later. read and write become a transfer only when that
 * happens.
 *
 * A vectored call is one operation.  Short vectors are gathered in a kernel buffer, so that a
 * pipe, a terminal or /dev/kmsg gets one write, and a read that has bytes does not wait for more.
 * Long vectors on seekable files are processed piece by piece.
 */
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

#define RW_MAX		0x7ffff000UL	/* longest transfer of one call, from the ABI */
#define RW_BOUNCE	65536UL
#define IOV_MAX		1024

typedef ssize_t (*rw_fn)(struct file *f, struct iobuf *io, loff_t *pos);

/* ---- rounds of a transfer ---------------------------------------------------------- */

/* Makes one call of the file operation for t->io. */
static ssize_t rw_step(struct transfer *t)
{
	loff_t nowhere = 0, *of_file = t->file->seekable ? &t->file->pos : &nowhere;
	loff_t *pos = t->own_pos ? &t->pos : of_file;
	size_t before = t->io.len;
	ssize_t ret = t->reads ? file_read(t->file, &t->io, pos) :
				 file_write(t->file, &t->io, pos);

	if (ret > 0)
		transfer_count(t, ret);
	else if (is_restart_code(ret) && t->io.len < before)
		transfer_count(t, before - t->io.len);
	return ret;
}

static ssize_t rw_end(struct transfer *t, ssize_t ret)
{
	if (t->locked)
		file_unlock_pos(t->file);
	fd_return(t->file, t->counted);
	return ret;
}

/* ---- plain ----------------------------------------------------------------------- */

/* After an interruption: the rest of a read or write of @len bytes continues later. */
static noinline ssize_t rw_user_pause(const struct transfer *begun, size_t len, const loff_t *pos)
{
	struct transfer t = *begun;

	t.go_on = rw_step;
	t.end = rw_end;
	t.moved = len - t.io.len;
	t.whole = t.file->whole;
	t.own_pos = pos;
	t.pos = pos ? *pos : 0;
	return transfer_pause(&t);
}

/* A file for the length of a system call. */
struct rw_file {
	struct file *f;
	bool counted;			/* for fd_return() */
	bool locked;			/* the call uses the offset of the file, and has pos_lock */
};

/* The offset is that of the file if it is locked, else @pos; NULL = the file has none. */
static __always_inline ssize_t rw_user_file(struct rw_file of, struct iobuf io, loff_t *pos,
					    rw_fn fn)
{
	size_t len = io.len;
	loff_t nowhere = 0;
	ssize_t ret = fn(of.f, &io, pos ? pos : of.locked ? &of.f->pos : &nowhere);

	if (unlikely(is_restart_code(ret)) && io.len < len)
		return rw_user_pause(&(struct transfer){ .file = of.f, .counted = of.counted,
							 .io = io, .reads = fn == file_read,
							 .locked = of.locked }, len, pos);
	if (of.locked)
		mutex_unlock(&of.f->pos_lock);
	fd_return(of.f, of.counted);
	return ret;
}

static __always_inline ssize_t rw_user(int fd, void __user *buf, size_t n, loff_t *pos, rw_fn fn)
{
	bool counted, locked;
	struct file *f = fd_borrow(fd, &counted);
	ssize_t ret;

	if (!f)
		return -EBADF;
	locked = !pos && f->seekable;
	if (pos && !f->seekable)
		ret = f->flags & O_PATH ? -EBADF : -ESPIPE;
	else if (pos && *pos < 0)
		ret = -EINVAL;
	else if (!access_ok(buf, n))
		ret = -EFAULT;
	else
		ret = locked ? file_lock_pos(f) : 0;
	if (likely(!ret))
		return rw_user_file((struct rw_file){ f, counted, locked },
				    iobuf_user(buf, min(n, RW_MAX)), pos, fn);
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
		struct iovec *io = &v->iov[i];

		if ((ssize_t)io->iov_len < 0) {
			kfree(v->iov);
			return -EINVAL;
		}
		if (!access_ok(io->iov_base, io->iov_len))
			goto fault;
		/* The bytes beyond the limit of one call are left for the next call. */
		io->iov_len = min(io->iov_len, RW_MAX - v->total);
		v->total += io->iov_len;
	}
	return 0;
fault:
	kfree(v->iov);
	return -EFAULT;
}

/* Copies between @buf[0..n) and the vector.  Returns bytes, or -EFAULT if none. */
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

/* Allocates a kernel buffer, so that the file gets one read or write. 0 or -errno. */
static int rw_vector_gather(struct transfer *t, const struct rw_vector *v)
{
	size_t n = min(v->total, RW_BOUNCE);
	ssize_t got = n;

	t->buf = kmalloc(n ? n : 1, GFP_KERNEL);
	if (!t->buf)
		return -ENOMEM;
	if (!t->reads)
		got = rw_vector_copy(v, t->buf, n, false);
	t->io = iobuf_kernel(t->buf, got > 0 ? got : 0);
	return got < 0 ? got : 0;
}

static ssize_t rw_vector_step(struct transfer *t)
{
	for (;;) {
		size_t want = t->io.len;
		ssize_t ret = rw_step(t);

		if (t->buf || ret < (ssize_t)want || ++t->at == t->nr_iov)
			return ret;
		t->io = iobuf_user(t->iov[t->at].iov_base, t->iov[t->at].iov_len);
	}
}

static ssize_t rw_vector_end(struct transfer *t, ssize_t ret)
{
	struct rw_vector v = { .iov = t->iov, .n = t->nr_iov };

	if (t->buf && t->reads && ret > 0)
		ret = rw_vector_copy(&v, t->buf, ret, true);
	kfree(t->buf);
	kfree(t->iov);
	return rw_end(t, ret);
}

static int rw_vector_begin(struct transfer *t, const struct iovec __user *uiov, unsigned long n)
{
	struct file *f = t->file;
	struct rw_vector v;
	int error = t->own_pos && !f->seekable ? -ESPIPE : t->own_pos && t->pos < 0 ? -EINVAL :
		  rw_vector_get(&v, uiov, n);

	if (error)
		return error;
	t->iov = v.iov;
	t->nr_iov = v.n;
	if (v.total <= RW_BOUNCE || (t->reads && !f->seekable))
		error = rw_vector_gather(t, &v);
	else
		t->io = iobuf_user(v.iov[0].iov_base, v.iov[0].iov_len);
	if (!error && !t->own_pos) {
		error = file_lock_pos(f);
		t->locked = !error;
	}
	return error;
}

static ssize_t rw_vector(int fd, const struct iovec __user *uiov, unsigned long n, loff_t *pos,
			 bool rd)
{
	struct transfer t = { .go_on = rw_vector_step, .end = rw_vector_end, .reads = rd,
			      .file = fd_get(fd), .counted = true, .own_pos = pos,
			      .pos = pos ? *pos : 0 };
	int error;

	if (!t.file)
		return -EBADF;
	t.whole = t.file->whole;
	error = rw_vector_begin(&t, uiov, n);
	return error ? rw_vector_end(&t, error) : transfer_run(&t);
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

/* The usual rule of lseek.  Caller holds pos_lock. */
static loff_t lseek_usual(struct file *f, loff_t off, int whence)
{
	struct stat st = { 0 };
	loff_t base = 0;
	int error = 0;

	assert_mutex_held(&f->pos_lock);
	if (whence == SEEK_CUR)
		base = f->pos;
	else if (whence == SEEK_END || whence == SEEK_DATA || whence == SEEK_HOLE)
		error = file_stat(f, &st);
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (error)
		return error;
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
	ret = !f->seekable ? -ESPIPE : file_lock_pos(f);
	if (!ret) {
		ret = f->ops->lseek ? f->ops->lseek(f, off, whence) : lseek_usual(f, off, whence);
		if (ret >= 0)
			f->pos = ret;
		file_unlock_pos(f);
	}
	file_put(f);
	return ret;
}

/* ---- from file to file ------------------------------------------------------------------- */

/* The position of one side of a copy: an explicit offset, or that of the file. */
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

static ssize_t copy_write(struct transfer *t, struct iobuf *io)
{
	loff_t nowhere = 0;
	ssize_t ret;

	if (t->own_outpos)
		return file_write(t->out, io, &t->outpos);
	ret = file_lock_pos(t->out);
	if (ret)
		return ret;
	ret = file_write(t->out, io, t->out->seekable ? &t->out->pos : &nowhere);
	file_unlock_pos(t->out);
	return ret;
}

/* Counts the bytes that have been both read and written. */
static void copy_count(struct transfer *t, size_t n)
{
	if (!n)
		return;
	t->pos += n;
	t->left -= n;
	transfer_count(t, n);
}

/* Reads a piece and writes it; bytes that were not written will be read again. */
static ssize_t copy_piece(struct transfer *t)
{
	struct iobuf io = iobuf_kernel(t->buf, min(t->left, RW_BOUNCE));
	loff_t at = t->pos;
	ssize_t got = file_read(t->file, &io, &at), put, done = 0;

	while (done < got) {
		io = iobuf_kernel(t->buf + done, got - done);
		put = copy_write(t, &io);
		if (put <= 0) {
			copy_count(t, is_restart_code(put) ? got - done - io.len : 0);
			return put;
		}
		copy_count(t, put);
		done += put;
	}
	return got;
}

static ssize_t copy_step(struct transfer *t)
{
	ssize_t ret = 0;

	while (t->left) {
		ret = copy_piece(t);
		if (ret <= 0)
			break;
		if (t->left && transfer_interrupted(t))
			return -ERESTARTNOINTR;
		cond_resched();
	}
	return ret;
}

static ssize_t copy_end(struct transfer *t, ssize_t ret)
{
	if (ret > 0 && copy_finish(t->file, t->upos, t->pos))
		ret = -EFAULT;
	if (ret > 0 && t->own_outpos && copy_finish(t->out, t->uoutpos, t->outpos))
		ret = -EFAULT;
	kfree(t->buf);
	if (t->file)
		file_put(t->file);
	if (t->out)
		file_put(t->out);
	return ret;
}

/* @ret is the result of the checks. */
static ssize_t copy_files(struct transfer *t, size_t n, ssize_t ret)
{
	t->go_on = copy_step;
	t->end = copy_end;
	if (!ret) {
		t->left = min(n, RW_MAX);
		t->whole = t->file->whole && t->out->whole;
		t->buf = kmalloc(RW_BOUNCE, GFP_KERNEL);
		ret = t->buf ? 0 : -ENOMEM;
	}
	return ret ? copy_end(t, ret) : transfer_run(t);
}

SYSCALL_DEFINE4(sendfile, int, outfd, int, infd, loff_t __user *, upos, size_t, n)
{
	struct transfer t = { .file = fd_get(infd), .out = fd_get(outfd), .upos = upos };
	ssize_t ret;

	if (!t.file || !t.out || !file_may_read(t.file) || !file_may_write(t.out))
		return copy_files(&t, n, -EBADF);
	/*
	 * For an append the end of a write is unknown.  A source that is not regular may have an
	 * offset that does not count bytes (/dev/kmsg).  In both cases callers fall back to read
	 * and write.
	 */
	ret = !S_ISREG(t.file->mode) || t.out->flags & O_APPEND || (ssize_t)n < 0 ? -EINVAL :
	      copy_start(t.file, upos, &t.pos);
	return copy_files(&t, n, ret);
}

/* Within one file the ranges must not overlap: the copy would read its own output. */
static int copy_check_overlap(struct file *in, loff_t inpos, struct file *out, loff_t outpos,
			      size_t n)
{
	loff_t distance = inpos < outpos ? outpos - inpos : inpos - outpos;
	struct stat a, b;
	int error = file_stat(in, &a);

	if (!error)
		error = file_stat(out, &b);
	if (error)
		return error;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino && (size_t)distance < n ? -EINVAL : 0;
}

SYSCALL_DEFINE6(copy_file_range, int, infd, loff_t __user *, uin, int, outfd, loff_t __user *, uout,
		size_t, n, unsigned, flags)
{
	struct transfer t = { .file = fd_get(infd), .out = fd_get(outfd), .upos = uin,
			      .uoutpos = uout, .own_outpos = true };
	struct file *in = t.file, *out = t.out;
	ssize_t ret = -EBADF;

	if (in && out && file_may_read(in) && file_may_write(out) && !(out->flags & O_APPEND))
		ret = flags || !S_ISREG(in->mode) || !S_ISREG(out->mode) ? -EINVAL :
		      copy_start(in, uin, &t.pos);
	if (!ret)
		ret = copy_start(out, uout, &t.outpos);
	if (!ret)
		ret = copy_check_overlap(in, t.pos, out, t.outpos, min(n, RW_MAX));
	return copy_files(&t, n, ret);
}
