/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waking tasks.  Any context but NMI.
 *
 * The sleeper stores its state (full barrier), then tests its condition; the
 * waker stores the condition, then takes pi_lock (full barrier), then reads the
 * state.  So one of the two sees the other's store.  pi_lock makes wakers of one
 * task queue up: only one of them finds the state still sleeping.
 */
#include <neurath/mutant.h>
#include <neurath/race.h>
#include "fair.h"

void sched_enqueue_on(struct task *t, unsigned cpu, bool may_preempt)
{
	struct rq *rq = cpu_rq(cpu);

	assert_spin_held(&t->pi_lock);
	spin_lock(&rq->lock);
	fair_update_curr(rq);
	if ((t->state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE)
		rq->nr_uninterruptible--;
	fair_place(rq, t);
	t->cpu = cpu;
	t->se.on_rq = true;
	t->se.run_node.key = t->se.vruntime;
	pheap_insert(&rq->queue, &t->se.run_node);
	rq->nr_running++;
	/* Last: the task may be picked as soon as the lock is free. */
	WRITE_ONCE(t->state, TASK_RUNNING);
	if (may_preempt ? fair_should_preempt(rq, t) : rq->curr == rq->idle)
		rq_resched(rq);
	spin_unlock(&rq->lock);
}

/* Places a task that current wakes.  Caller holds t->pi_lock. */
static void wake_up_place(struct task *t)
{
	unsigned here = cpu_id();

	assert_spin_held(&t->pi_lock);
	if (sched_waker_sleeps_soon() && (t->se.cpus_allowed & BIT(here)) &&
	    this_rq()->nr_running == 1)
		sched_enqueue_on(t, here, false);
	else
		sched_enqueue_on(t, sched_select_cpu(t), true);
}

/*
 * The task set its state but has not left its queue yet: it only needs its state
 * back.  False if it has left in the meantime.
 */
static bool wake_up_queued(struct task *t)
{
	struct rq *rq = task_rq_lock(t);
	bool queued = t->se.on_rq;

	if (queued)
		WRITE_ONCE(t->state, TASK_RUNNING);
	spin_unlock(&rq->lock);
	return queued;
}

bool wake_up_state(struct task *t, unsigned mask)
{
	unsigned long flags;
	bool woken = false;

	spin_lock_irqsave(&t->pi_lock, flags);
	if (!(READ_ONCE(t->state) & mask))
		goto out;
	woken = true;
	race_point();
	if (READ_ONCE(t->se.on_rq) && wake_up_queued(t))
		goto out;
	if (unlikely(t->pflags & PF_IDLE)) {
		/* The boot waits for something: it polls, see sched_switch(). */
		WRITE_ONCE(t->state, TASK_RUNNING);
		goto out;
	}
	/*
	 * It may still be on its way off its CPU, which takes a moment with
	 * interrupts off and needs no lock that we hold.  Pairs with the release
	 * in sched_finish_switch().
	 */
	while (smp_load_acquire(&t->on_cpu) && !MUTANT(NO_ON_CPU_WAIT))
		cpu_relax();
	wake_up_place(t);
out:
	spin_unlock_irqrestore(&t->pi_lock, flags);
	return woken;
}

bool wake_up_process(struct task *t)
{
	return wake_up_state(t, TASK_NORMAL);
}

void sched_set_affinity(struct task *t, u64 mask)
{
	unsigned long flags;
	struct rq *rq;
	bool homeless = false;

	assert(mask & sched_online_mask());
	spin_lock_irqsave(&t->pi_lock, flags);
	rq = task_rq_lock(t);
	t->se.cpus_allowed = mask;
	if (t->se.on_rq && !(mask & BIT(rq->cpu))) {
		if (t == rq->curr) {
			/* It goes when its CPU passes the scheduler. */
			rq_resched(rq);
		} else {
			pheap_remove(&rq->queue, &t->se.run_node);
			t->se.on_rq = false;
			rq->nr_running--;
			homeless = true;
			/* It may have been preempted before it slept: then this wakes it. */
			t->state = TASK_RUNNING;
		}
	}
	spin_unlock(&rq->lock);
	if (homeless)
		sched_enqueue_on(t, sched_select_cpu(t), true);
	spin_unlock_irqrestore(&t->pi_lock, flags);
}

void sched_set_nice(struct task *t, int nice)
{
	unsigned long flags = irq_save();
	struct rq *rq = task_rq_lock(t);

	if (t == rq->curr)
		fair_update_curr(rq);
	fair_set_nice(t, nice);
	spin_unlock(&rq->lock);
	irq_restore(flags);
}

void wake_up_new_task(struct task *t)
{
	unsigned long flags;

	spin_lock_irqsave(&t->pi_lock, flags);
	/* It never slept: not to be subtracted from the uninterruptible ones. */
	t->state = TASK_RUNNING;
	wake_up_place(t);
	spin_unlock_irqrestore(&t->pi_lock, flags);
}
