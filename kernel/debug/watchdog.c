/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watchdog for CPUs without progress.  A timer of each CPU looks five times in 2 *
 * watchdog_thresh seconds:
 *
 *	soft lockup	the timer runs, but the scheduler did not: at five looks in a row the CPU
 *			had not passed it, and was neither in user mode nor idle
 *	hard lockup	the timer does not run: another CPU sees no look for watchdog_thresh
 *			seconds, and finds interrupts off in two NMIs, a look apart.  The only
 *			CPU of a machine sees it itself, in the NMIs of a hardware timer
 *			(nmi_watchdog)
 *
 * Looks are counted instead of time: a virtual machine that does not run gets no looks.  For a
 * hard lockup, CPU n watches the next online CPU.  A virtual CPU that its host has stopped makes
 * no look, either.  It answers no NMI, or answers late and has interrupts on: no lockup is
 * reported.
 *
 * Names, defaults and texts are Linux's: kernel.watchdog, nmi_watchdog, watchdog_thresh,
 * softlockup_panic, hardlockup_panic.  All of this is in interrupts, with interrupts off, or in
 * the NMI.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/init.h>
#include <neurath/printk.h>
#include <neurath/report.h>
#include <neurath/sched.h>
#include <neurath/sysctl.h>
#include <neurath/timer.h>
#include "debug_internal.h"

#define EFLAGS_IF	(1UL << 9)

#define LOOKS_SOFT	5		/* in 2 * watchdog_thresh */
#define LOOKS_HARD	3		/* in 1.2 * watchdog_thresh */
#define NMIS_HARD	2		/* in the last of them */
#define NMIS_IN_LOOK	2		/* NMIs in the time of one look */

/* The data of one CPU, written only by that CPU. */
struct watched_cpu {
	struct timer timer;
	bool armed;
	unsigned long looks;		/* read by the CPU that watches this one */
	unsigned long passes;		/* as of the last look */
	unsigned stuck;			/* looks in a row without progress */
	/*
	 * of the next CPU: its looks at our last look, how often they were unchanged, and how
	 * often in a row an NMI found it with interrupts off
	 */
	unsigned long next_looks;
	unsigned next_still, next_off;
} __cacheline_aligned;

static struct watched_cpu watched[NR_CPUS];
static int watchdog_on = 1, nmi_watchdog, watchdog_thresh = 10;
static int softlockup_panic, hardlockup_panic;

static u64 watchdog_period_ns(void)
{
	return (u64)READ_ONCE(watchdog_thresh) * 2 * NSEC_PER_SEC / LOOKS_SOFT;
}

static unsigned watchdog_seconds(unsigned looks)
{
	return (unsigned)(looks * watchdog_period_ns() / NSEC_PER_SEC);
}

/* ---- soft ------------------------------------------------------------------------ */

static void watchdog_report_soft(const struct pt_regs *regs, unsigned looks)
{
	struct report_hold hold;

	report_begin(&hold);
	pr_emerg("watchdog: BUG: soft lockup - CPU#%u stuck for %us! [%s:%d]\n", cpu_id(),
		 watchdog_seconds(looks), current->comm, current->pid);
	report_interrupted(regs);
	report_end(&hold);
	if (softlockup_panic)
		panic_regs(regs, "softlockup: hung tasks");
}

static void watchdog_look_here(struct watched_cpu *w)
{
	const struct pt_regs *regs = timer_interrupt_regs();
	unsigned long passes = sched_passes(cpu_id());

	if (!regs || user_mode(regs) || (current->pflags & PF_IDLE) || passes != w->passes) {
		w->passes = passes;
		w->stuck = 0;
		return;
	}
	/* The task may call cond_resched() regularly and have no other task to switch to. */
	sched_ask_for_pass();
	w->stuck++;
	/* Repeat the report after each further LOOKS_SOFT looks. */
	if (w->stuck % LOOKS_SOFT == 0)
		watchdog_report_soft(regs, w->stuck);
}

/* ---- hard ------------------------------------------------------------------------ */

static unsigned watchdog_next_cpu(void)
{
	unsigned cpu = cpu_id();

	do {
		cpu = (cpu + 1) % nr_cpus;
	} while (!READ_ONCE(cpus[cpu].online));
	return cpu;
}

static void watchdog_report_hard(unsigned cpu)
{
	struct report_hold hold;

	report_begin(&hold);
	pr_emerg("watchdog: Watchdog detected hard LOCKUP on cpu %u, seen by cpu %u\n", cpu,
		 cpu_id());
	report_cpu(cpu);
	report_end(&hold);
	if (hardlockup_panic)
		panic("Hard LOCKUP");
}

static void watchdog_see_interrupts(const struct pt_regs *regs, void *off)
{
	*(bool *)off = !(regs->eflags & EFLAGS_IF);
}

/* By an NMI to a CPU that makes no look: its interrupts are off for a long time, once. */
static bool watchdog_next_is_locked_up(struct watched_cpu *w, unsigned next)
{
	bool off = false;
	int error = arch_look_at_cpu(next, watchdog_see_interrupts, &off);

	/* Another task looks at a CPU: ask at the next look. */
	if (error == -EBUSY)
		return false;
	if (error && w->next_still == LOOKS_HARD)
		pr_warn("watchdog: cpu %u has not run for %us, not even for an NMI\n", next,
			watchdog_seconds(w->next_still));
	w->next_off = off ? w->next_off + 1 : 0;
	return w->next_off == NMIS_HARD;
}

static void watchdog_look_at_next(struct watched_cpu *w)
{
	unsigned next = watchdog_next_cpu();
	unsigned long looks = READ_ONCE(watched[next].looks);

	if (next == cpu_id() || !READ_ONCE(watched[next].armed))
		return;
	if (looks != w->next_looks) {
		w->next_looks = looks;
		w->next_still = w->next_off = 0;
		return;
	}
	/* Report once: a report about a CPU that does not move stays true. */
	if (++w->next_still > LOOKS_HARD - NMIS_HARD && watchdog_next_is_locked_up(w, next))
		watchdog_report_hard(next);
}

/* ---- hard, on the only CPU ----------------------------------------------------------- */

static void watchdog_report_here(const struct pt_regs *regs)
{
	struct report_hold hold;

	report_begin(&hold);
	pr_emerg("watchdog: Watchdog detected hard LOCKUP on cpu %u\n", cpu_id());
	pr_emerg("CPU %u: %s pid %d\n", cpu_id(), current->comm, current->pid);
	report_interrupted(regs);
	report_end(&hold);
	if (hardlockup_panic)
		panic_regs(regs, "Hard LOCKUP");
}

/* Only for a machine with one CPU: on others the CPUs watch each other. */
static void watchdog_set_nmis(void)
{
	bool on = watchdog_on && nmi_watchdog && watchdog_thresh && nr_cpus == 1;
	u64 period_ns = on ? watchdog_period_ns() / NMIS_IN_LOOK : 0;
	int error = arch_nmi_timer_set(period_ns, LOOKS_HARD * NMIS_IN_LOOK, watchdog_report_here);

	if (error)
		pr_warn("watchdog: no timer for NMIs: a hard lockup will not be seen (%d)\n",
			error);
}

/* ---- the timers ------------------------------------------------------------------- */

static void watchdog_look(struct timer *timer)
{
	struct watched_cpu *w = &watched[cpu_id()];

	if (!READ_ONCE(watchdog_on) || !READ_ONCE(watchdog_thresh)) {
		w->armed = false;
		return;
	}
	WRITE_ONCE(w->looks, w->looks + 1);
	if (nr_cpus == 1)
		arch_nmi_timer_progress();
	watchdog_look_here(w);
	if (timer_interrupt_regs())
		evict_look(timer_interrupt_regs());
	watchdog_look_at_next(w);
	timer_arm(timer, clock_ns() + watchdog_period_ns());
}

/* On each CPU: starts the timer with the period that is set. */
static void watchdog_start_cpu(void *unused)
{
	struct watched_cpu *w = &watched[cpu_id()];

	w->stuck = w->next_still = w->next_off = 0;
	if (!watchdog_on || !watchdog_thresh)
		return;
	w->armed = true;
	timer_arm(&w->timer, clock_ns() + watchdog_period_ns());
}

static void watchdog_changed(void)
{
	unsigned long flags;

	smp_call_all(watchdog_start_cpu, NULL, false);
	/* Not by a call to this CPU: that holds the lock of calls; timers have their own lock. */
	flags = irq_save();
	watchdog_start_cpu(NULL);
	irq_restore(flags);
	watchdog_set_nmis();
}

void __init watchdog_init(void)
{
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		timer_init(&watched[cpu].timer, watchdog_look, NULL);
	watchdog_changed();
}

SYSCTL(watchdog, "watchdog", &watchdog_on, 0, 1, watchdog_changed);
SYSCTL(nmi_watchdog, "nmi_watchdog", &nmi_watchdog, 0, 1, watchdog_changed);
SYSCTL(watchdog_thresh, "watchdog_thresh", &watchdog_thresh, 0, 60, watchdog_changed);
SYSCTL(softlockup_panic, "softlockup_panic", &softlockup_panic, 0, 1, NULL);
SYSCTL(hardlockup_panic, "hardlockup_panic", &hardlockup_panic, 0, 1, NULL);
