/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of fair scheduling (fair.c) that each switch executes, inlined there.  Private to
 * kernel/sched; the caller holds the lock of the queue concerned.
 */
#ifndef SCHED_FAIR_H
#define SCHED_FAIR_H

#include "rq.h"

#define FAIR_WEIGHT_0		1024
/* A waking task may be this much behind the others: it runs soon, but not for long. */
#define FAIR_SLEEPER_CREDIT	(3 * NSEC_PER_MSEC)
/* It preempts the running task only if it is behind that task by more than this. */
#define FAIR_WAKEUP_GRAIN	(1 * NSEC_PER_MSEC)
/* Limits the distance that a task takes from one queue to another. */
#define FAIR_MAX_LAG		(20 * NSEC_PER_MSEC)

/* Weighted time.  Tasks of nice 0 need no division. */
static __always_inline u64 fair_scale(u64 delta, u32 weight)
{
	return likely(weight == FAIR_WEIGHT_0) ? delta : delta * FAIR_WEIGHT_0 / weight;
}

/* Charges @t, which runs here, for the time since the last call. */
static __always_inline void fair_charge(struct rq *rq, struct task *t)
{
	u64 now = clock_ns(), delta = now - t->se.exec_start, least;

	assert_spin_held(&rq->lock);
	rq->clock = now;
	/* The clocks of two CPUs may differ by a small amount. */
	if (unlikely((s64)delta <= 0))
		return;
	t->se.exec_start = now;
	t->se.sum_exec += delta;
	if (unlikely(t == rq->idle))
		return;
	t->se.vruntime += fair_scale(delta, t->se.weight);
	least = t->se.vruntime;
	if (rq->queue.root)
		least = min(least, rq->queue.root->key);
	if (least > rq->min_vruntime)
		rq->min_vruntime = least;
}

static __always_inline void fair_update_curr(struct rq *rq)
{
	fair_charge(rq, rq->curr);
}

/*
 * Sets the start of a task that comes to @rq from a sleep or from another queue.
 *
 * Virtual time runs differently on each queue, so the distance from the minimum is kept.  The
 * minimum of the other queue is read without its lock; an older value makes the task slightly
 * more or less urgent, within the limits above.
 */
static __always_inline void fair_place(struct rq *rq, struct task *t)
{
	u64 origin = READ_ONCE(cpu_rq(t->cpu)->min_vruntime);
	s64 lag = (s64)(t->se.vruntime - origin);
	s64 least = -(s64)FAIR_SLEEPER_CREDIT, most = FAIR_MAX_LAG;

	lag = clamp(lag, least, most);
	/* Soon after the boot the minimum may be smaller than the credit. */
	t->se.vruntime = (s64)rq->min_vruntime + lag > 0 ? rq->min_vruntime + (u64)lag : 0;
}

/* True if @t, which is not in the queue, may run before all tasks in the queue. */
static __always_inline bool fair_may_go_first(const struct rq *rq, const struct task *t)
{
	return !rq->queue.root || t->se.vruntime <= rq->queue.root->key + FAIR_WAKEUP_GRAIN;
}

#endif
