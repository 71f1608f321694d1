/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes to files, limited by RLIMIT_FSIZE. */
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/process.h>
#include <neurath/signal.h>
#include <uapi/resource.h>

int file_check_size(u64 size)
{
	if (likely(size <= process_rlimit(RLIMIT_FSIZE)))
		return 0;
	send_signal_task(SIGXFSZ, NULL, current);
	return -EFBIG;
}

/* The start of a write; for an append only the server knows the size. */
static int file_write_start(struct file *f, loff_t pos, u64 *start)
{
	struct stat st;
	int error;

	*start = pos;
	if (!(f->flags & O_APPEND))
		return 0;
	error = file_stat(f, &st);
	if (!error)
		*start = st.st_size;
	return error;
}

/* Shortens @part, so that a regular file does not grow beyond RLIMIT_FSIZE. */
static ssize_t file_write_limit(struct file *f, struct iobuf *part, loff_t pos)
{
	u64 limit = process_rlimit(RLIMIT_FSIZE), start;
	int error;

	if (likely(limit == RLIM_INFINITY) || !S_ISREG(f->mode) || !part->len)
		return 0;
	error = file_write_start(f, pos, &start);
	if (!error)
		error = file_check_size(start + 1);
	if (!error)
		part->len = min_t(u64, part->len, limit - start);
	return error;
}

ssize_t file_write(struct file *f, struct iobuf *from, loff_t *pos)
{
	struct iobuf part = *from;
	size_t taken;
	ssize_t ret;

	if (!file_may_write(f))
		return -EBADF;
	if (!f->ops->write)
		return -EINVAL;
	ret = file_write_limit(f, &part, *pos);
	if (ret)
		return ret;
	ret = f->ops->write(f, &part, pos);
	/*
	 * The result counts: a file may ignore bytes that it accepts, or accept fewer than it has
	 * copied.  An interrupted write has no number as its result, and has taken what it moved.
	 */
	taken = ret > 0 ? (size_t)ret : (size_t)((char *)part.base - (char *)from->base);
	from->base = (char *)from->base + taken;
	from->len -= taken;
	return ret;
}
