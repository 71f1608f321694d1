/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers: a heap of deadlines on each CPU, and the timer interrupt.
 *
 * timer_arm() puts a timer into the heap of the CPU on which it runs. timer->cpu names the base
 * whose lock protects the timer.  It changes only under the lock of the old base, while the timer
 * is neither armed nor running.  No base's lock is held while a timer function runs.
 */
#include <neurath/handed.h>
#include <neurath/race.h>
#include <neurath/spinlock.h>
#include "rq.h"

struct timer_base {
	spinlock_t lock;
	unsigned cpu;			/* (!) */
	struct pheap heap;		/* (lock) */
	struct timer *running;		/* (lock) the timer whose function runs */
	u64 programmed;			/* (lock) the deadline set in the hardware */
	const struct pt_regs *regs;	/* own CPU, within timer_interrupt() */
} __cacheline_aligned;

static struct timer_base timer_bases[NR_CPUS];

volatile unsigned long jiffies;

unsigned long nsecs_to_jiffies(u64 ns)
{
	return (ns + NSEC_PER_SEC / HZ - 1) / (NSEC_PER_SEC / HZ);
}

/* Any CPU may update jiffies; the value never decreases. */
void jiffies_update(u64 now)
{
	unsigned long seen = jiffies, new = now / (NSEC_PER_SEC / HZ);

	while ((long)(new - seen) > 0) {
		unsigned long old = cmpxchg((unsigned long *)&jiffies, seen, new);

		if (old == seen)
			break;
		seen = old;
	}
}

void timer_init(struct timer *t, void (*fn)(struct timer *), void *arg)
{
	*t = (struct timer){ .fn = fn, .arg = arg };
}

/* Locks the base to which @t belongs and returns it.  Interrupts are off. */
static struct timer_base *timer_lock_base(struct timer *t)
{
	for (;;) {
		struct timer_base *base = &timer_bases[READ_ONCE(t->cpu)];

		spin_lock(&base->lock);
		if (likely(base->cpu == READ_ONCE(t->cpu)))
			return base;
		spin_unlock(&base->lock);
	}
}

/* True if the timer was armed.  Caller holds the base's lock. */
static bool timer_disarm(struct timer_base *base, struct timer *t)
{
	assert_spin_held(&base->lock);
	if (!t->armed)
		return false;
	pheap_remove(&base->heap, &t->node);
	t->armed = false;
	return true;
}

static void timer_program(struct timer_base *base)
{
	u64 next = base->heap.root ? base->heap.root->key : ~0UL;

	if (next < base->programmed) {
		base->programmed = next;
		arch_timer_program(next);
	}
}

void timer_arm(struct timer *t, u64 deadline_ns)
{
	struct timer_base *base, *here;
	unsigned long flags;

	if (!handed_callback("timer", t, t->fn))
		return;
	flags = irq_save();
	here = &timer_bases[cpu_id()];
	base = timer_lock_base(t);
	timer_disarm(base, t);
	/* A timer whose function is running stays where cancel_sync looks for it. */
	while (base != here && base->running != t) {
		WRITE_ONCE(t->cpu, here->cpu);
		spin_unlock(&base->lock);
		race_point();
		/* Between the locks another CPU may have armed it: the last call wins. */
		base = timer_lock_base(t);
		timer_disarm(base, t);
	}
	t->node.key = deadline_ns;
	t->armed = true;
	pheap_insert(&base->heap, &t->node);
	/* Else its function is running there: timer_interrupt() programs at the end. */
	if (base == here)
		timer_program(base);
	spin_unlock(&base->lock);
	irq_restore(flags);
}

bool timer_cancel(struct timer *t)
{
	unsigned long flags = irq_save();
	struct timer_base *base = timer_lock_base(t);
	bool was_armed = timer_disarm(base, t);

	spin_unlock(&base->lock);
	irq_restore(flags);
	return was_armed;
}

bool timer_cancel_sync(struct timer *t)
{
	bool was_armed = false, running;

	do {
		unsigned long flags = irq_save();
		struct timer_base *base = timer_lock_base(t);

		was_armed |= timer_disarm(base, t);
		running = base->running == t;
		/* A timer function that cancels its own timer here would wait for itself. */
		assert(!running || base->cpu != cpu_id());
		spin_unlock(&base->lock);
		irq_restore(flags);
		if (running)
			cpu_relax();
	} while (running);
	return was_armed;
}

const struct pt_regs *timer_interrupt_regs(void)
{
	return timer_bases[cpu_id()].regs;
}

/*
 * Runs the functions of all timers that are due, then programs the next interrupt.  A timer that
 * becomes due meanwhile waits for that interrupt.  Otherwise a timer that arms itself for a short
 * time would never release the CPU.
 */
void timer_interrupt(const struct pt_regs *regs)
{
	struct timer_base *base = &timer_bases[cpu_id()];
	u64 now = clock_ns();

	jiffies_update(now);
	base->regs = regs;
	spin_lock(&base->lock);
	base->programmed = ~0UL;
	while (base->heap.root && base->heap.root->key <= now) {
		struct timer *t = container_of(base->heap.root, struct timer, node);

		timer_disarm(base, t);
		base->running = t;
		spin_unlock(&base->lock);
		race_point();
		/* The function may free the timer, or arm it again. */
		t->fn(t);
		spin_lock(&base->lock);
		base->running = NULL;
	}
	timer_program(base);
	spin_unlock(&base->lock);
	base->regs = NULL;
}

void timers_init_cpu(unsigned cpu)
{
	struct timer_base *base = &timer_bases[cpu];

	spin_lock_init_rank(&base->lock, "timer_base", RANK_TIMER);
	base->cpu = cpu;
	base->programmed = ~0UL;
}
