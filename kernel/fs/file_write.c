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

/* Like ops->write, but a regular file does not grow beyond RLIMIT_FSIZE. */
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
	return file_write_limited(f, from, pos);
}
