/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open file descriptions: references, offset, and the operations that every kind of
 * file shares.  The kinds differ in file->ops only.
 *
 * A seekable file has an offset; pos_lock is held across a read or write that uses
 * it, so that threads and forked relatives never overlap.  It is the outermost lock
 * and is taken interruptibly: whoever holds it may be waiting for a server.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include "fs_internal.h"

struct file *file_alloc(const struct file_ops *ops, unsigned flags, umode_t mode, const char *path)
{
	struct file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return NULL;
	if (path) {
		f->path = kstrdup(path, GFP_KERNEL);
		if (!f->path) {
			kfree(f);
			return NULL;
		}
	}
	f->ops = ops;
	atomic_set(&f->refs, 1);
	spin_lock_init_rank(&f->lock, "file", RANK_LEAF);
	f->flags = flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | O_CLOEXEC);
	f->mode = mode;
	mutex_init_rank(&f->pos_lock, "file_pos", RANK_FILE_POS);
	init_waitqueue_head(&f->waitq);
	f->poll_wq = &f->waitq;
	return f;
}

void file_get(struct file *f)
{
	atomic_inc(&f->refs);
}

void file_put(struct file *f)
{
	if (!atomic_dec_and_test(&f->refs))
		return;
	if (f->flocked)
		flock_drop(f);
	if (f->private && f->ops->release)
		f->ops->release(f);
	kfree(f->path);
	kfree(f);
}

/* ---- reading and writing ---------------------------------------------------- */

static ssize_t file_read_at(struct file *f, struct iobuf *to, loff_t *pos)
{
	if (S_ISDIR(f->mode))
		return -EISDIR;
	if (!f->ops->read)
		return -EINVAL;
	return f->ops->read(f, to, pos);
}

/* The common frame of file_read() and file_write(). */
static ssize_t file_transfer(struct file *f, struct iobuf *io, loff_t *pos,
			     ssize_t (*fn)(struct file *, struct iobuf *, loff_t *))
{
	loff_t nowhere = 0;
	ssize_t ret;

	if (pos)
		return fn(f, io, pos);
	if (!f->seekable)
		return fn(f, io, &nowhere);
	ret = mutex_lock_interruptible(&f->pos_lock);
	if (ret)
		return ret;
	ret = fn(f, io, &f->pos);
	mutex_unlock(&f->pos_lock);
	return ret;
}

ssize_t file_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	if (!file_may_read(f))
		return -EBADF;
	return file_transfer(f, to, pos, file_read_at);
}

int file_check_size(u64 size)
{
	if (likely(size <= process_rlimit(RLIMIT_FSIZE)))
		return 0;
	send_signal_task(SIGXFSZ, NULL, current);
	return -EFBIG;
}

/* Where a write will begin: what is appended is only known by asking. */
static int file_write_start(struct file *f, loff_t pos, u64 *start)
{
	struct stat st;
	int err;

	*start = pos;
	if (!(f->flags & O_APPEND))
		return 0;
	err = file_stat(f, &st);
	if (!err)
		*start = st.st_size;
	return err;
}

/* As ops->write, but a regular file does not grow beyond RLIMIT_FSIZE. */
static ssize_t file_write_limited(struct file *f, struct iobuf *from, loff_t *pos)
{
	u64 limit = process_rlimit(RLIMIT_FSIZE), start;
	struct iobuf part = *from;
	ssize_t ret;

	if (likely(limit == RLIM_INFINITY) || !S_ISREG(f->mode) || !from->len)
		return f->ops->write(f, from, pos);
	ret = file_write_start(f, *pos, &start);
	if (!ret)
		ret = file_check_size(start + 1);
	if (ret)
		return ret;
	part.len = min_t(u64, part.len, limit - start);
	ret = f->ops->write(f, &part, pos);
	from->len -= (char *)part.base - (char *)from->base;
	from->base = part.base;
	return ret;
}

ssize_t file_write(struct file *f, struct iobuf *from, loff_t *pos)
{
	if (!file_may_write(f))
		return -EBADF;
	if (!f->ops->write)
		return -EINVAL;
	return file_transfer(f, from, pos, file_write_limited);
}

/*
 * Repeats @fn until all is moved, the file ends, or an error; what was moved wins over the
 * error.
 */
static ssize_t file_transfer_all(struct file *f, struct iobuf *io, loff_t pos,
				 ssize_t (*fn)(struct file *, struct iobuf *, loff_t *))
{
	ssize_t done = 0, ret = 0;

	while (io->len > 0 && (ret = fn(f, io, &pos)) > 0)
		done += ret;
	return done ? done : ret;
}

ssize_t file_read_kernel(struct file *f, void *buf, size_t n, loff_t pos)
{
	struct iobuf io = iobuf_kernel(buf, n);

	return file_transfer_all(f, &io, pos, file_read_at);
}

/* ---- state -------------------------------------------------------------------- */

int file_stat(struct file *f, struct stat *st)
{
	*st = (struct stat){ .st_mode = f->mode | 0600, .st_nlink = 1, .st_blksize = PAGE_SIZE };
	return f->ops->stat ? f->ops->stat(f, st) : 0;
}

unsigned file_poll(struct file *f)
{
	return f->ops->poll ? f->ops->poll(f) : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

bool file_cache_identity(struct file *f, u64 key[3])
{
	struct stat st;

	if (!S_ISREG(f->mode) || file_stat(f, &st))
		return false;
	spin_lock(&f->lock);
	memcpy(key, f->cache_key, sizeof(f->cache_key));
	spin_unlock(&f->lock);
	return key[0] != 0;
}

/* ---- opening from the kernel --------------------------------------------------- */

int file_open_exec(const char *path, struct file **out, bool *readable)
{
	struct path_request rq = { .op = PORT_OPEN, .arg0 = O_RDONLY | PORT_OPEN_EXEC,
				   .follow = true };
	int ret = path_perform(&rq, path_from_kernel(AT_FDCWD, path), NULL);
	struct file *f = rq.file;
	struct stat st;

	if (ret)
		return ret;
	ret = file_stat(f, &st);
	if (!ret && !S_ISREG(st.st_mode))
		ret = -EACCES;
	if (!ret)
		ret = mode_permission(st.st_mode, st.st_uid, st.st_gid, MAY_EXEC);
	if (ret) {
		file_put(f);
		return ret;
	}
	*readable = !mode_permission(st.st_mode, st.st_uid, st.st_gid, MAY_READ);
	*out = f;
	return 0;
}
