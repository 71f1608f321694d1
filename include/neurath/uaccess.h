/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only accesses to user memory of current's address space.  Each may fault and sleep: process
 * context, no spinlock held.  Ranges are checked against USER_MAX.  The copy loops are in
 * .uaccess.text, have full frames, and are the only kernel code in which a page fault on a user
 * address is allowed.
 */
#ifndef NEURATH_UACCESS_H
#define NEURATH_UACCESS_H

#include <neurath/arch.h>
#include <neurath/errno.h>
#include <neurath/iobuf.h>
#include <neurath/task.h>

static inline bool access_ok(const void __user *p, size_t n)
{
	return n <= USER_MAX && (unsigned long)p <= USER_MAX - n;
}

/* Returns the bytes not copied; arch/x86_64/uaccess.S, only for the functions here. */
size_t uaccess_copy(void *dst, const void *src, size_t n);

/* Kernel threads run on borrowed page tables: a user address has no meaning there. */
static __always_inline bool uaccess_allowed(const void __user *p, size_t n)
{
	debug_assert(!irqs_disabled());
	return access_ok(p, n) && current->mm;
}

/* 0 or -EFAULT; after an error a part may have been copied. */
static __always_inline int copy_from_user(void *dst, const void __user *src, size_t n)
{
	return likely(uaccess_allowed(src, n) && !uaccess_copy(dst, src, n)) ? 0 : -EFAULT;
}

static __always_inline int copy_to_user(void __user *dst, const void *src, size_t n)
{
	return likely(uaccess_allowed(dst, n) && !uaccess_copy(dst, src, n)) ? 0 : -EFAULT;
}

int clear_user(void __user *dst, size_t n);
/* Returns the number of bytes that were copied before a fault: for read and write. */
size_t copy_from_user_partial(void *dst, const void __user *src, size_t n);
size_t copy_to_user_partial(void __user *dst, const void *src, size_t n);
/* Length without NUL, -EFAULT, or -ENAMETOOLONG if no NUL within @size. */
ssize_t strncpy_from_user(char *dst, const char __user *src, size_t size);

#define get_user(x, p)	copy_from_user(&(x), (p), sizeof(x))
#define put_user(x, p) \
	({ \
		typeof(*(p)) _v = (x); \
		copy_to_user((p), &_v, sizeof(_v)); \
	})

/* Atomic compare-and-exchange on a user word (futex): 0 and *old, or -EFAULT. */
int user_cmpxchg32(u32 __user *p, u32 expect, u32 new, u32 *old);

/* Bytes moved (at most the rest), or -EFAULT if none could be moved. */
ssize_t iobuf_put(struct iobuf *to, const void *src, size_t n);
ssize_t iobuf_get(struct iobuf *from, void *dst, size_t n);

#endif
