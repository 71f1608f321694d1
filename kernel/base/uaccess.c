/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access to user memory: range checks around the routines of arch/x86_64/uaccess.S,
 * and struct iobuf.  Process context of a task with an address space; may sleep in a
 * page fault, so no spinlock may be held.
 */
#include <neurath/bug.h>
#include <neurath/string.h>
#include <neurath/task.h>
#include <neurath/uaccess.h>

/* arch/x86_64/uaccess.S */
size_t uaccess_clear(void *dst, size_t n);
long uaccess_strncpy(char *dst, const char *src, size_t n);
long uaccess_cmpxchg32(u32 *p, u32 expect, u32 new, u32 *old);

size_t copy_from_user_partial(void *dst, const void __user *src, size_t n)
{
	return uaccess_allowed(src, n) ? n - uaccess_copy(dst, src, n) : 0;
}

size_t copy_to_user_partial(void __user *dst, const void *src, size_t n)
{
	return uaccess_allowed(dst, n) ? n - uaccess_copy(dst, src, n) : 0;
}

int clear_user(void __user *dst, size_t n)
{
	return uaccess_allowed(dst, n) && !uaccess_clear(dst, n) ? 0 : -EFAULT;
}

ssize_t strncpy_from_user(char *dst, const char __user *src, size_t size)
{
	unsigned long start = (unsigned long)src;
	size_t limit;
	long len;

	if (!uaccess_allowed(src, 1))
		return -EFAULT;
	/* A string that reaches the end of user space is a bad address, and not a long name. */
	limit = min(size, USER_MAX - start);
	len = uaccess_strncpy(dst, src, limit);
	if (len < 0 || (size_t)len < limit)
		return len;
	return limit < size ? -EFAULT : -ENAMETOOLONG;
}

int user_cmpxchg32(u32 __user *p, u32 expect, u32 new, u32 *old)
{
	if (!uaccess_allowed(p, sizeof(*p)))
		return -EFAULT;
	return uaccess_cmpxchg32(p, expect, new, old);
}

static ssize_t iobuf_advance(struct iobuf *buf, size_t moved, size_t wanted)
{
	if (!moved && wanted)
		return -EFAULT;
	buf->base = (char *)buf->base + moved;
	buf->len -= moved;
	return moved;
}

ssize_t iobuf_put(struct iobuf *to, const void *src, size_t n)
{
	size_t moved = min(n, to->len);

	n = moved;
	if (to->user)
		moved = copy_to_user_partial(to->base, src, n);
	else
		memcpy(to->base, src, n);
	return iobuf_advance(to, moved, n);
}

ssize_t iobuf_get(struct iobuf *from, void *dst, size_t n)
{
	size_t moved = min(n, from->len);

	n = moved;
	if (from->user)
		moved = copy_from_user_partial(dst, from->base, n);
	else
		memcpy(dst, from->base, n);
	return iobuf_advance(from, moved, n);
}
