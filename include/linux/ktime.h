/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time in nanoseconds. */
#ifndef LINUX_KTIME_H
#define LINUX_KTIME_H

#include <neurath/arch.h>

typedef s64 ktime_t;

static inline ktime_t ktime_get(void)
{
	return clock_ns();
}
#define ktime_get_ns()		clock_ns()
#define ktime_sub(a, b)		((a) - (b))
#define ktime_to_ns(t)		(t)
#define ktime_to_us(t)		((t) / 1000)
#define ktime_to_ms(t)		((t) / 1000000)
#define local_clock()		clock_ns()

#endif
