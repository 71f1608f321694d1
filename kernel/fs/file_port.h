/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations for files of servers, shared by port_path.c (open) and file_port.c (use). */
#ifndef FILE_PORT_H
#define FILE_PORT_H

#include <neurath/file.h>
#include <neurath/port.h>

extern const struct file_ops port_file_ops;

static inline struct port_file *port_file_of(const struct file *f)
{
	return f->private;
}

/* Stores the identity of the contents, from the newest @attr, for the page cache. */
void port_note_version(struct file *f, const struct port_attr *attr);
/*
 * kept.c: what a stable server has answered to requests on @f, for as long as it is true. (task)
 */
bool kept_attr(struct file *f, struct port_attr *attr);
/* The server said so; @since: port_stable_since() before it was asked. */
void kept_attr_set(struct file *f, const struct port_attr *attr, u64 since);
/*
 * A read that the kernel answers: bytes (0 at the end of the file), an error, or -EAGAIN if the
 * server has to be asked.  Advances @io and *@pos.
 */
ssize_t kept_read(struct file *f, struct iobuf *io, loff_t *pos);
/* In release. */
void kept_free(struct port_file *pf);
/* A call on an open file, as kept.c makes it: at most @size bytes from @pos, or an error. */
ssize_t port_read_kernel(struct file *f, void *data, size_t size, loff_t pos);

/* 0 or -errno; the caller must have the right to write. (task) */
int port_truncate(struct file *f, loff_t size);
/* For servers that do not implement STATFS. */
extern const struct statfs port_statfs_default;

#endif
