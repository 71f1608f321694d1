/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fairness: each task has a virtual run time, which grows slower the higher its
 * weight; the one with the least runs.  Weights are Linux's: a step of nice is a
 * factor of about 1.25.
 *
 * All functions: caller holds the lock of the queue concerned.
 */
#include "rq.h"

#define FAIR_WEIGHT_0		1024
/* A waking task may be this much behind the others: it runs soon, but not for long. */
#define FAIR_SLEEPER_CREDIT	(3 * NSEC_PER_MSEC)
/* It interrupts the running one only if it is behind by more than this. */
#define FAIR_WAKEUP_GRAIN	(1 * NSEC_PER_MSEC)
/* Bounds what a task carries from one queue to another. */
#define FAIR_MAX_LAG		(20 * NSEC_PER_MSEC)

static const u32 fair_weights[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
	1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
	110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
};

void fair_set_nice(struct task *t, int nice)
{
	t->se.nice = (s8)nice;
	t->se.weight = fair_weights[nice + 20];
}

void sched_init_entity(struct task *t)
{
	const struct task *parent = current;

	fair_set_nice(t, parent->se.nice);
	t->se.sync_score = WAKER_SYNC_SCORE;
	t->se.cpus_allowed = parent->pflags & PF_IDLE ? ~0UL : parent->se.cpus_allowed;
	t->cpu = cpu_id();
	t->se.vruntime = cpu_rq(t->cpu)->min_vruntime;
}

/* Weighted time.  The division is for others than nice 0. */
static __always_inline u64 fair_scale(u64 delta, u32 weight)
{
	return likely(weight == FAIR_WEIGHT_0) ? delta : delta * FAIR_WEIGHT_0 / weight;
}

void fair_update_curr(struct rq *rq)
{
	struct task *t = rq->curr;
	u64 now = clock_ns(), delta, least;

	assert_spin_held(&rq->lock);
	rq->clock = now;
	/* Clocks of two CPUs may differ by a little. */
	if (unlikely((s64)(now - t->se.exec_start) <= 0))
		return;
	delta = now - t->se.exec_start;
	t->se.exec_start = now;
	t->se.sum_exec += delta;
	if (t == rq->idle)
		return;
	t->se.vruntime += fair_scale(delta, t->se.weight);
	least = t->se.vruntime;
	if (rq->queue.root)
		least = min(least, rq->queue.root->key);
	if (least > rq->min_vruntime)
		rq->min_vruntime = least;
}

/*
 * Virtual time runs differently on each queue: what is kept is the distance from
 * the minimum.  The other queue's minimum is read without its lock; an older
 * value makes the task a little less or more urgent, within the bounds here.
 */
void fair_place(struct rq *rq, struct task *t)
{
	u64 origin = READ_ONCE(cpu_rq(t->cpu)->min_vruntime);
	s64 lag = (s64)(t->se.vruntime - origin);
	s64 least = -(s64)FAIR_SLEEPER_CREDIT, most = FAIR_MAX_LAG;

	lag = clamp(lag, least, most);
	/* At the start of time there may be no room for credit. */
	t->se.vruntime = (s64)rq->min_vruntime + lag > 0 ? rq->min_vruntime + (u64)lag : 0;
}

bool fair_should_preempt(const struct rq *rq, const struct task *woken)
{
	if (rq->curr == rq->idle)
		return true;
	return woken->se.vruntime + FAIR_WAKEUP_GRAIN < rq->curr->se.vruntime;
}

bool fair_may_go_first(const struct rq *rq, const struct task *t)
{
	return !rq->queue.root || t->se.vruntime <= rq->queue.root->key + FAIR_WAKEUP_GRAIN;
}

bool fair_tick_expired(const struct rq *rq)
{
	return rq->queue.root && rq->queue.root->key < rq->curr->se.vruntime;
}
