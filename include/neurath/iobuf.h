/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One source or destination of bytes, in user or kernel memory, so that reads and writes need
 * only one path.  The code that moves bytes advances it: uaccess.h.
 */
#ifndef NEURATH_IOBUF_H
#define NEURATH_IOBUF_H

#include <neurath/types.h>

struct iobuf {
	void *base;
	size_t len;
	bool user;
};

static inline struct iobuf iobuf_user(void __user *base, size_t len)
{
	return (struct iobuf){ .base = base, .len = len, .user = true };
}

static inline struct iobuf iobuf_kernel(void *base, size_t len)
{
	return (struct iobuf){ .base = base, .len = len };
}

#endif
