/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: clock and timer, see clock.c. */
#ifndef ARCH_X86_64_CLOCK_H
#define ARCH_X86_64_CLOCK_H

#include <neurath/types.h>

/* Starts to count; the time between here and clock_finish() is measured. */
void clock_begin(void);
/* Calibrates TSC and local APIC timer, reads the wall time.  Boot CPU, once. */
void clock_finish(void);
/* Selects the mode of this CPU's timer. */
void clock_setup_cpu(void);
/* The timer interrupt. */
struct pt_regs;
void clock_interrupt(const struct pt_regs *regs);
/* Busy waiting, for hardware that demands it; at most some microseconds. */
void clock_delay_us(unsigned int us);
/* Ticks of the TSC in a millisecond. */
u64 clock_tsc_khz(void);
/* Seconds since 1970 by the battery-backed clock (UTC). */
u64 rtc_read(void);

#endif
