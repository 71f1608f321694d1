/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A timer that raises an NMI on the boot CPU: timer 0 of the HPET, in place of the PIT on its ISA
 * line, whose input of the IO-APIC delivers an NMI.  Each NMI starts it again, so an NMI of this
 * timer is known by the counter, which has passed the comparator.  Here the NMIs are counted in
 * which the CPU has made no progress; nmi.c has the report made.
 *
 * Only 32 bits of the registers are used: they are read and written at once on every machine.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include "clock.h"
#include "hpet.h"
#include "irq.h"
#include "smp.h"

#define PIT_LINE		0
#define FEMTO_PER_NANO		1000000UL
/* An NMI that was sent before the timer was stopped has come by then. */
#define NMI_ON_THE_WAY_US	50

/* Written by tasks: NMIs meanwhile belong to the timer. */
static bool nmi_timer_changes;
static u32 nmi_timer_ticks;		/* the period; 0: off.  Written while nmi_timer_changes */
/* The comparator. (the timer's NMI, or nmi_timer_changes) */
static u32 nmi_timer_at;
static unsigned int nmi_timer_silent;	/* NMIs in a row without progress. (boot CPU) */
static unsigned int nmi_timer_limit;	/* written while nmi_timer_changes */
static void (*nmi_timer_stuck)(const struct pt_regs *regs);

static __always_inline volatile u32 *hpet_low(unsigned int reg)
{
	return (volatile u32 *)&hpet[reg];
}

/* No interrupt while the comparator and the counter are compared in between. */
static __always_inline void nmi_timer_restart(void)
{
	u32 now;

	*hpet_low(HPET_TIMER_0) = HPET_TIMER_32;
	now = *hpet_low(HPET_COUNTER);
	/* Not beyond the end of the counter, where such a timer interrupts, too. */
	nmi_timer_at = nmi_timer_ticks > ~now ? ~0u : now + nmi_timer_ticks;
	*hpet_low(HPET_COMPARATOR_0) = nmi_timer_at;
	*hpet_low(HPET_TIMER_0) = HPET_TIMER_32 | HPET_TIMER_ON;
}

notrace bool nmi_timer_came(void)
{
	if (READ_ONCE(nmi_timer_changes))
		return true;
	if (!nmi_timer_ticks || cpu_id() != 0 ||
	    (s32)(*hpet_low(HPET_COUNTER) - nmi_timer_at) < 0)
		return false;
	nmi_timer_restart();
	return true;
}

notrace bool nmi_timer_is_stuck(const struct pt_regs *regs)
{
	/* A CPU in user mode takes its interrupts. */
	if (user_mode(regs))
		nmi_timer_silent = 0;
	else
		nmi_timer_silent++;
	return nmi_timer_silent == nmi_timer_limit;
}

void nmi_timer_report(const struct pt_regs *regs)
{
	nmi_timer_stuck(regs);
}

void arch_nmi_timer_progress(void)
{
	WRITE_ONCE(nmi_timer_silent, 0);
}

/* The ticks of the HPET in @ns; 0: more than half of the counter. */
static u32 nmi_timer_ticks_in(u64 ns)
{
	u64 ticks;

	if (ns > U64_MAX / FEMTO_PER_NANO)
		return 0;
	ticks = ns * FEMTO_PER_NANO / (hpet[HPET_CAPABILITIES] >> 32);
	return ticks < 1u << 31 ? (u32)ticks : 0;
}

static int nmi_timer_claim(void)
{
	if (!hpet || !(*hpet_low(HPET_CAPABILITIES) & HPET_CAN_REPLACE))
		return -ENODEV;
	*hpet_low(HPET_TIMER_0) = HPET_TIMER_32;
	*hpet_low(HPET_CONFIG) |= HPET_REPLACE;
	return irq_line_to_nmi(PIT_LINE);
}

/* No NMI of the timer is on its way, and none comes before the next start. */
static void nmi_timer_stop(void)
{
	*hpet_low(HPET_TIMER_0) = HPET_TIMER_32;
	clock_delay_us(NMI_ON_THE_WAY_US);
}

int arch_nmi_timer_set(u64 period_ns, unsigned int limit, void (*stuck)(const struct pt_regs *regs))
{
	static bool claimed;
	unsigned long flags;
	int error;

	if (!claimed && !period_ns)
		return 0;
	error = claimed ? 0 : nmi_timer_claim();
	if (error)
		return error;
	claimed = true;
	flags = irq_save();
	WRITE_ONCE(nmi_timer_changes, true);
	nmi_timer_stop();
	nmi_timer_ticks = nmi_timer_ticks_in(period_ns);
	nmi_timer_limit = limit;
	nmi_timer_stuck = stuck;
	nmi_timer_silent = 0;
	if (nmi_timer_ticks)
		nmi_timer_restart();
	/* The compiler keeps the order: an NMI of this CPU sees all or nothing. */
	barrier();
	WRITE_ONCE(nmi_timer_changes, false);
	irq_restore(flags);
	return period_ns && !nmi_timer_ticks ? -ERANGE : 0;
}
