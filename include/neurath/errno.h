/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The error convention of the whole kernel: functions return 0 (or a count) on success and a
 * negative errno on failure.  Results are returned through the last pointer parameter, or through
 * an error pointer (IS_ERR) if the result is a pointer. -1 and positive errors are not used.  A
 * variable with 0 or a negative errno is called `error`; one that may also have a count, `ret`.
 *
 * The codes of the ERESTART family do not reach user space: on the way to user mode
 * (kernel/signal) they become -EINTR or a restarted call.
 */
#ifndef NEURATH_ERRNO_H
#define NEURATH_ERRNO_H

#include <uapi/errno.h>
#include <neurath/types.h>

#define ERESTARTSYS		512	/* restart if no handler ran, or SA_RESTART */
#define ERESTARTNOINTR		513	/* always restart */
#define ERESTARTNOHAND		514	/* restart only if no handler ran */
#define ERESTART_RESTARTBLOCK	516	/* restart by restart_syscall(2) */

#define MAX_ERRNO	4095
#define IS_ERR_VALUE(x)	((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return IS_ERR_VALUE(ptr);
}

#endif
