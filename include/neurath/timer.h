/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One-shot timers with nanosecond deadlines on the monotonic clock.  A timer
 * runs its function once in interrupt context on the CPU that armed it.  The
 * function may arm it again.
 */
#ifndef NEURATH_TIMER_H
#define NEURATH_TIMER_H

#include <neurath/pheap.h>
#include <neurath/types.h>

struct timer {
	struct pheap_node node;			/* (base lock) key = deadline in ns */
	void (*fn)(struct timer *timer);	/* interrupt context, interrupts off */
	void *arg;
	unsigned cpu;	/* (base lock) the heap that contains or contained it */
	bool armed;				/* (base lock) */
};

#define HZ	250
extern volatile unsigned long jiffies;	/* ticks of 4 ms, for modules */
static inline unsigned long msecs_to_jiffies(unsigned ms)
{
	return ((unsigned long)ms * HZ + 999) / 1000;
}
#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)

unsigned long nsecs_to_jiffies(u64 ns);
static inline u64 jiffies_to_nsecs(unsigned long j)
{
	return j * (NSEC_PER_SEC / HZ);
}

/* The time at which it will run or ran last. (any, racy) */
static inline u64 timer_deadline(const struct timer *t)
{
	return READ_ONCE(t->node.key);
}

/* The interrupted registers while this CPU's timers run; else NULL. (irq) */
struct pt_regs;
const struct pt_regs *timer_interrupt_regs(void);

u64 clock_realtime_ns(void);		/* since the epoch; clock_settime() may move it (any) */

void timer_init(struct timer *t, void (*fn)(struct timer *), void *arg);
/* Arms or re-arms. (irq) */
void timer_arm(struct timer *t, u64 deadline_ns);
/* True if it was armed and will not run; does not wait for a running function. (irq) */
bool timer_cancel(struct timer *t);
/* The same, and waits until a running function has returned. (task or irqs on) */
bool timer_cancel_sync(struct timer *t);
/* True if it waits for its deadline. (any, racy) */
static inline bool timer_is_armed(const struct timer *t)
{
	return READ_ONCE(t->armed);
}

#endif
