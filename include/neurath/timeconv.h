/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conversion of user-space times to and from nanoseconds.  Times that do not fit in 64 bits count
 * as TIME_NS_MAX, which no clock reaches.
 */
#ifndef SCHED_TIMECONV_H
#define SCHED_TIMECONV_H

#include <neurath/arch.h>
#include <uapi/time.h>

#define TIME_NS_MAX	(~0UL >> 2)
#define TIME_SEC_MAX	((long)(TIME_NS_MAX / NSEC_PER_SEC))

static inline bool timespec_is_valid(const struct timespec *ts)
{
	return ts->tv_sec >= 0 && (unsigned long)ts->tv_nsec < NSEC_PER_SEC;
}

static inline u64 timespec_to_ns(const struct timespec *ts)
{
	if (ts->tv_sec >= TIME_SEC_MAX)
		return TIME_NS_MAX;
	return (u64)ts->tv_sec * NSEC_PER_SEC + (u64)ts->tv_nsec;
}

static inline struct timespec timespec_of_ns(u64 ns)
{
	return (struct timespec){ .tv_sec = (long)(ns / NSEC_PER_SEC),
				  .tv_nsec = (long)(ns % NSEC_PER_SEC) };
}

static inline bool timeval_is_valid(const struct timeval *tv)
{
	return tv->tv_sec >= 0 && (unsigned long)tv->tv_usec < 1000000;
}

static inline u64 timeval_to_ns(const struct timeval *tv)
{
	if (tv->tv_sec >= TIME_SEC_MAX)
		return TIME_NS_MAX;
	return (u64)tv->tv_sec * NSEC_PER_SEC + (u64)tv->tv_usec * NSEC_PER_USEC;
}

static inline struct timeval timeval_of_ns(u64 ns)
{
	return (struct timeval){ .tv_sec = (long)(ns / NSEC_PER_SEC),
				 .tv_usec = (long)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

static inline u64 deadline_after(u64 ns)
{
	return clock_ns() + ns;
}

#endif
