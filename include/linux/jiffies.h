/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ticks of the clock for modules. */
#ifndef LINUX_JIFFIES_H
#define LINUX_JIFFIES_H

#include <neurath/timer.h>

#define time_after_eq(a, b)	(!time_before(a, b))
#define time_before_eq(a, b)	(!time_after(a, b))

static inline unsigned int jiffies_to_msecs(unsigned long j)
{
	return j * (1000 / HZ);
}

static inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return ((unsigned long)us * HZ + 999999) / 1000000;
}

#endif
