/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error numbers in pointers. */
#ifndef LINUX_ERR_H
#define LINUX_ERR_H

#include <neurath/errno.h>

static inline bool IS_ERR_OR_NULL(const void *ptr)
{
	return !ptr || IS_ERR(ptr);
}

static inline void *ERR_CAST(const void *ptr)
{
	return (void *)ptr;
}

static inline int PTR_ERR_OR_ZERO(const void *ptr)
{
	return IS_ERR(ptr) ? PTR_ERR(ptr) : 0;
}

#endif
