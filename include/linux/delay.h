/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sleeping and waiting for a time. */
#ifndef LINUX_DELAY_H
#define LINUX_DELAY_H

#include <neurath/sched.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>

static inline void ssleep(unsigned int seconds)
{
	msleep(seconds * 1000);
}

static inline void usleep_range(unsigned long min_us, unsigned long max_us)
{
	(void)max_us;
	msleep((min_us + 999) / 1000);
}

/* Busy waiting, for short times. */
static inline void ndelay(unsigned long ns)
{
	u64 end = clock_ns() + ns;

	while (clock_ns() < end)
		cpu_relax();
}

static inline void udelay(unsigned long us)
{
	ndelay(us * 1000);
}

static inline void mdelay(unsigned long ms)
{
	ndelay(ms * 1000000);
}

#endif
