/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timing.h - reads a clock, and sleeps in spite of signals.  A test may sleep to give time to an event
 * that must not happen; it must not sleep instead of waiting for an event: lib/asleep.h.
 */
#ifndef TESTS_TIMING_H
#define TESTS_TIMING_H

#include <errno.h>
#include <stdint.h>
#include <time.h>

static inline int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline void nap_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

#endif
