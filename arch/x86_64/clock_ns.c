/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monotonic clock: the TSC in nanoseconds.  Any context, from the first message on. */
#include <neurath/arch.h>
#include "clock.h"

u64 clock_tsc_base;
u64 clock_tsc_mult;

notrace u64 clock_ns(void)
{
	return clock_now();
}

u64 clock_ns_at(u64 tsc)
{
	return clock_scale(tsc - clock_tsc_base, clock_tsc_mult);
}
