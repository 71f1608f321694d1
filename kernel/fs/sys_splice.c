/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * splice(2): from a pipe to a file, or from a file to a pipe; the bytes are copied, at most
 * SPLICE_MAX in a call.
 *
 * Bytes that have been read are gone from their source, so they count as moved from then on.  After
 * a kick the writing continues (include/neurath/transfer.h), and only a fatal signal ends it.  For
 * a pipe, splice reads at most as many bytes as the pipe has room for, so writing seldom waits.
 */
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include "fs_internal.h"
#include "pipe.h"

#define SPLICE_MAX	65536UL
#define SPLICE_F_NONBLOCK	2
#define SPLICE_F_ALL	15		/* the others are advice */

/* ---- writing what was read ------------------------------------------------------------------ */

static ssize_t splice_step(struct transfer *t)
{
	loff_t nowhere = 0, *of_file = t->out->seekable ? &t->out->pos : &nowhere;
	ssize_t ret = 0;

	if (!t->own_outpos && !t->locked) {
		ret = file_lock_pos(t->out);
		if (ret)
			return ret;
		t->locked = true;
	}
	while (t->io.len) {
		ret = file_write(t->out, &t->io, t->own_outpos ? &t->outpos : of_file);
		if (ret <= 0)
			break;
	}
	return ret;
}

static ssize_t splice_end(struct transfer *t, ssize_t ret)
{
	if (t->locked)
		file_unlock_pos(t->out);
	if (ret > 0 && t->upos && put_user(t->pos, t->upos))
		ret = -EFAULT;
	if (ret > 0 && t->uoutpos && put_user(t->outpos, t->uoutpos))
		ret = -EFAULT;
	kfree(t->buf);
	if (t->file)
		file_put(t->file);
	if (t->out)
		file_put(t->out);
	return ret;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* After a kick in the middle of a read, the bytes that were read count. */
static ssize_t splice_read_at(struct file *f, struct iobuf *io, loff_t *pos)
{
	size_t n = io->len;
	ssize_t ret = file_read(f, io, pos);

	return is_restart_code(ret) && io->len < n ? (ssize_t)(n - io->len) : ret;
}

static ssize_t splice_read(struct transfer *t, size_t n)
{
	struct iobuf io = iobuf_kernel(t->buf, n);
	loff_t nowhere = 0;
	ssize_t ret;

	if (t->own_pos || !t->file->seekable)
		return splice_read_at(t->file, &io, t->own_pos ? &t->pos : &nowhere);
	ret = file_lock_pos(t->file);
	if (ret)
		return ret;
	ret = splice_read_at(t->file, &io, &t->file->pos);
	file_unlock_pos(t->file);
	return ret;
}

/* Waits until something can be read, or says -EAGAIN. */
static int splice_wait(struct file *f, bool wait)
{
	/* A file without poll never makes a task wait. */
	return wait || !f->ops->poll || f->ops->poll(f) ? 0 : -EAGAIN;
}

/* ---- the call ----------------------------------------------------------------------- */

/* An offset of its own: of a file that has one, and not of a pipe. */
static int splice_offset(const struct file *f, const loff_t __user *upos, loff_t *pos)
{
	if (!upos)
		return 0;
	if (!f->seekable)
		return -ESPIPE;
	return get_user(*pos, upos) ? -EFAULT : *pos < 0 ? -EINVAL : 0;
}

static int splice_check(struct transfer *t, unsigned flags)
{
	int error;

	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	if (!t->file || !t->out || !file_may_read(t->file) || !file_may_write(t->out))
		return -EBADF;
	error = splice_offset(t->file, t->upos, &t->pos);
	if (!error)
		error = splice_offset(t->out, t->uoutpos, &t->outpos);
	if (error)
		return error;
	if ((!file_is_pipe(t->file) && !file_is_pipe(t->out)) || (t->out->flags & O_APPEND))
		return -EINVAL;
	return file_is_pipe(t->file) && file_is_pipe(t->out) &&
	       t->file->private == t->out->private ? -EINVAL : 0;
}

static ssize_t splice_begin(struct transfer *t, size_t n, bool wait)
{
	ssize_t ret = file_is_pipe(t->out) ? pipe_wait_room(t->out, wait) : (ssize_t)SPLICE_MAX;

	if (ret < 0)
		return ret;
	n = min(min(n, (size_t)ret), SPLICE_MAX);
	t->buf = kmalloc(n, GFP_KERNEL);
	ret = !t->buf ? -ENOMEM : splice_wait(t->file, wait);
	if (!ret)
		ret = splice_read(t, n);
	if (ret > 0) {
		t->io = iobuf_kernel(t->buf, (size_t)ret);
		transfer_count(t, (size_t)ret);
	}
	return ret;
}

SYSCALL_DEFINE6(splice, int, infd, loff_t __user *, uin, int, outfd, loff_t __user *, uout,
		size_t, n, unsigned, flags)
{
	struct transfer t = { .go_on = splice_step, .end = splice_end, .whole = true,
			      .file = fd_get(infd), .out = fd_get(outfd), .upos = uin,
			      .uoutpos = uout, .own_pos = uin, .own_outpos = uout };
	ssize_t ret = splice_check(&t, flags);

	if (!ret && n)
		ret = splice_begin(&t, n, !(flags & SPLICE_F_NONBLOCK));
	return t.moved ? transfer_run(&t) : splice_end(&t, ret);
}
