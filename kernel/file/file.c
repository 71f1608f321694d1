/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open file descriptions: references, the offset, and the operations that every kind of file
 * shares.  Kinds of files differ only in file->ops.
 *
 * A seekable file has an offset. pos_lock is held during a read or write that uses the offset, so
 * that accesses of threads and forked processes do not overlap.  It is the outermost lock and is
 * taken interruptibly: its holder may wait for a server.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include "../fs/fs_internal.h"

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
	if (f->drop_lock)
		f->drop_lock(f);
	if (f->private && f->ops->release)
		f->ops->release(f);
	kfree(f->path);
	kfree(f);
}

size_t file_memory(const struct file *f)
{
	size_t bytes = sizeof(*f) + (f->path ? ksize(f->path) : 0);

	if (f->ops->memory)
		bytes += f->ops->memory(f);
	return bytes / max(atomic_read(&f->refs), 1);
}

/* ---- reading and writing ---------------------------------------------------- */

static __always_inline ssize_t file_read_at(struct file *f, struct iobuf *to, loff_t *pos)
{
	if (S_ISDIR(f->mode))
		return -EISDIR;
	if (!f->ops->read)
		return -EINVAL;
	return f->ops->read(f, to, pos);
}

ssize_t file_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	if (!file_may_read(f))
		return -EBADF;
	return file_read_at(f, to, pos);
}

ssize_t file_read_kernel(struct file *f, void *buf, size_t n, loff_t pos)
{
	struct iobuf io = iobuf_kernel(buf, n);
	ssize_t done = 0, ret = 0;

	while (io.len > 0 && (ret = file_read_at(f, &io, &pos)) > 0)
		done += ret;
	/*
	 * A part of the file is useless: the caller repeats the read.  Else bytes win over
	 * errors.
	 */
	return done && !is_restart_code(ret) ? done : ret;
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
