/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: clock and timer, see clock.c. */
#ifndef ARCH_X86_64_CLOCK_H
#define ARCH_X86_64_CLOCK_H

#include <neurath/types.h>
#include "x86.h"

/* clock_ns.c: ns = ticks * mult >> 32, with 128 bits in between.  Written by clock.c. */
extern u64 clock_tsc_base;
extern u64 clock_tsc_mult;		/* 0: not calibrated yet */

static __always_inline u64 clock_scale(u64 value, u64 mult)
{
	return (u64)((unsigned __int128)value * mult >> 32);
}

/* clock_ns(), inlined. */
static __always_inline u64 clock_now(void)
{
	return clock_scale(rdtsc() - clock_tsc_base, clock_tsc_mult);
}


/* Starts the calibration; the time between this and clock_finish() is measured. */
void clock_begin(void);
/* Calibrates TSC and local APIC timer, reads the wall time.  Boot CPU, once. */
void clock_finish(void);
/* Selects the mode of this CPU's timer. */
void clock_setup_cpu(void);
/* The timer interrupt: true if the deadline has passed; else it sets the timer again. */
bool clock_interrupt(void);
/* Busy wait, for hardware that requires it; at most some microseconds. */
void clock_delay_us(unsigned int us);
/* Ticks of the TSC in a millisecond. */
u64 clock_tsc_khz(void);
/* Seconds since 1970 from the battery-backed clock (UTC). */
u64 rtc_read(void);

#endif
