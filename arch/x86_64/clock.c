/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time: the monotonic clock is the TSC, one-shot interrupts come from the local
 * APIC timer (TSC-deadline mode if there is one).
 *
 * Both are calibrated once against the HPET, or against the PIT if there is no HPET; these do not
 * serve as clocks afterwards.  The TSC is assumed to have a constant rate and to be synchronous on
 * all CPUs, as on every machine since about 2010 and in emulators.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/printk.h>
#include <neurath/race.h>
#include <uapi/vdso.h>
#include "acpi.h"
#include "apic.h"
#include "clock.h"
#include "hpet.h"
#include "pagetable.h"
#include "smp.h"
#include "x86.h"

#define FEMTO_PER_NANO		1000000UL

#define PIT_HZ			1193182UL
#define PIT_DATA_2		0x42
#define PIT_COMMAND		0x43
#define PIT_GATE		0x61

/* Longer than every uptime; still no product with a multiplier overflows. */
#define CLOCK_FAR		(1UL << 60)

#define CALIBRATE_NS		(5 * NSEC_PER_MSEC)
#define CALIBRATE_TRIES		5
/* A read takes about a microsecond, so by then each reference has advanced. */
#define CALIBRATE_STUCK		100000

static u64 clock_ns_to_tsc_mult;	/* 32.32 */
static u64 clock_ns_to_timer_mult;	/* 32.32 */
static u64 clock_realtime_offset;

/* The deadline of this CPU's timer; U64_MAX: none. (own CPU, interrupts off) */
static u64 clock_deadlines[NR_CPUS];

u64 clock_realtime_offset_ns(void)
{
	return clock_realtime_offset;
}

void __init arch_vdso_clock(struct vdso_data *data)
{
	data->tsc_base = clock_tsc_base;
	data->tsc_mult = clock_tsc_mult;
}

u64 clock_tsc_khz(void)
{
	return (clock_ns_to_tsc_mult * 1000000 + (1UL << 31)) >> 32;
}

void clock_delay_us(unsigned int us)
{
	u64 end = rdtsc() + clock_scale(us * NSEC_PER_USEC, clock_ns_to_tsc_mult);

	while ((s64)(rdtsc() - end) < 0)
		cpu_relax();
}

/* ---- calibration ---------------------------------------------------------- */

/* The three counters at one moment. */
struct clock_sample {
	u64 tsc, reference;
	u32 timer;
};

volatile u64 *hpet;
static struct clock_sample clock_first;

/* Channel 2 of the PIT counts down from 0xffff; a full cycle takes 55 ms. */
static void __init pit_start(void)
{
	outb(PIT_GATE, (inb(PIT_GATE) & ~3) | 1);
	outb(PIT_COMMAND, 0xb0);
	outb(PIT_DATA_2, 0xff);
	outb(PIT_DATA_2, 0xff);
}

static u64 __init clock_reference(void)
{
	u16 count;

	if (hpet)
		return (u32)hpet[HPET_COUNTER];	/* 32 bits are enough for seconds */
	outb(PIT_COMMAND, 0x80);		/* latch channel 2 */
	count = inb(PIT_DATA_2);
	count |= (u16)(inb(PIT_DATA_2) << 8);
	return (u16)~count;
}

static u64 __init clock_reference_ns(u64 from, u64 to)
{
	if (hpet)
		return (u32)(to - from) * (hpet[HPET_CAPABILITIES] >> 32) / FEMTO_PER_NANO;
	return (u16)(to - from) * NSEC_PER_SEC / PIT_HZ;
}

/*
 * An emulator may be delayed between two reads: of several attempts the one that took the least
 * time counts.
 */
static struct clock_sample __init clock_take_sample(void)
{
	struct clock_sample best = { 0 };
	u64 best_width = U64_MAX;

	for (int i = 0; i < CALIBRATE_TRIES; i++) {
		struct clock_sample s = { .tsc = rdtsc() };
		u64 width;

		s.reference = clock_reference();
		s.timer = lapic_timer_count();
		width = rdtsc() - s.tsc;
		if (width < best_width) {
			best_width = width;
			best = s;
		}
	}
	return best;
}

void __init clock_begin(void)
{
	if (acpi.hpet) {
		hpet = kmap_device(acpi.hpet, PAGE_SIZE);
		hpet[HPET_CONFIG] |= HPET_ENABLE;
	} else {
		pit_start();
	}
	lapic_timer_mode(false);
	lapic_timer_start(~0u);
	clock_first = clock_take_sample();
	clock_tsc_base = clock_first.tsc;
}

/* Waits until enough time has passed to measure the rates. */
static void __init clock_await_reference(void)
{
	u64 seen = clock_first.reference;
	unsigned int stuck = 0;

	while (clock_reference_ns(clock_first.reference, seen) < CALIBRATE_NS) {
		u64 now = clock_reference();

		stuck = now == seen ? stuck + 1 : 0;
		if (stuck == CALIBRATE_STUCK)
			panic("clock: the %s does not count, and nothing else tells the rate "
			      "of the TSC: this machine needs an HPET or a PIT",
			      hpet ? "HPET" : "PIT (there is no HPET)");
		seen = now;
		cpu_relax();
	}
}

void __init clock_finish(void)
{
	struct clock_sample last;
	u64 ns, tsc_ticks, timer_ticks;

	clock_await_reference();
	last = clock_take_sample();
	lapic_timer_start(0);

	ns = clock_reference_ns(clock_first.reference, last.reference);
	tsc_ticks = last.tsc - clock_first.tsc;
	timer_ticks = clock_first.timer - last.timer;
	assert(ns && tsc_ticks && timer_ticks);
	clock_ns_to_tsc_mult = (tsc_ticks << 32) / ns;
	clock_ns_to_timer_mult = (timer_ticks << 32) / ns;
	clock_tsc_mult = (ns << 32) / tsc_ticks;
	clock_realtime_offset = rtc_read() * NSEC_PER_SEC - clock_now();
	pr_info("clock: TSC %lu MHz, APIC timer %lu MHz%s, calibrated by %s\n",
		tsc_ticks * 1000 / ns, timer_ticks * 1000 / ns,
		cpu_has_tsc_deadline ? " (deadline mode)" : "", hpet ? "HPET" : "PIT");
	clock_setup_cpu();
}

/* ---- one-shot timer ------------------------------------------------------- */

void clock_setup_cpu(void)
{
	clock_deadlines[cpu_id()] = U64_MAX;
	lapic_timer_mode(cpu_has_tsc_deadline);
}

static void clock_program_deadline(u64 deadline)
{
	/* 0 would disarm.  One tick after the deadline, so that the deadline has passed. */
	wrmsr(MSR_TSC_DEADLINE, deadline == U64_MAX ? 0 : clock_tsc_base +
	      clock_scale(deadline, clock_ns_to_tsc_mult) + 1);
}

static void clock_program_count(u64 deadline)
{
	u64 now = clock_now(), count;

	if (deadline == U64_MAX) {
		lapic_timer_start(0);
		return;
	}
	count = deadline > now ? clock_scale(deadline - now, clock_ns_to_timer_mult) + 1 : 1;
	lapic_timer_start((u32)min(count, (u64)UINT_MAX));
}

void arch_timer_program(u64 deadline_ns)
{
	unsigned long flags = irq_save();

	clock_deadlines[cpu_id()] = deadline_ns;
	if (deadline_ns != U64_MAX)
		deadline_ns = race_deadline(min(deadline_ns, CLOCK_FAR));
	if (cpu_has_tsc_deadline)
		clock_program_deadline(deadline_ns);
	else
		clock_program_count(deadline_ns);
	irq_restore(flags);
}

bool clock_interrupt(void)
{
	u64 deadline = clock_deadlines[cpu_id()];

	/* Early: the counter was too narrow for the distance, or slightly fast. */
	if (clock_now() < deadline) {
		arch_timer_program(deadline);
		return false;
	}
	clock_deadlines[cpu_id()] = U64_MAX;
	return true;
}
