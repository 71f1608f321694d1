/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fair scheduling: each task has a virtual run time, which grows more slowly the higher its
 * weight is.  The task with the smallest virtual run time runs.  Weights are Linux's: one step of
 * nice is a factor of about 1.25.
 *
 * All functions: the caller holds the lock of the queue concerned.  The functions that each
 * switch calls are in fair.h.
 */
#include "fair.h"

struct rq runqueues[NR_CPUS];

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

bool fair_should_preempt(const struct rq *rq, const struct task *woken)
{
	if (rq->curr == rq->idle)
		return true;
	return woken->se.vruntime + FAIR_WAKEUP_GRAIN < rq->curr->se.vruntime;
}

bool fair_tick_expired(const struct rq *rq)
{
	return rq->queue.root && rq->queue.root->key < rq->curr->se.vruntime;
}
