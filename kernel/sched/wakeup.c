/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wake-ups.  Any context but NMI.
 *
 * The sleeper stores its state (full barrier), then tests its condition.  The waker stores the
 * condition, then takes pi_lock (full barrier), then reads the state.  So at least one of the two
 * sees the other's store. pi_lock serialises the wakers of one task: only one of them finds the
 * sleeping state.
 */
#include <neurath/race.h>
#include <neurath/trace.h>
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
	/* The last step: the task may be picked as soon as the lock is free. */
	WRITE_ONCE(t->state, TASK_RUNNING);
	if (may_preempt ? fair_should_preempt(rq, t) : rq->curr == rq->idle)
		rq_resched(rq);
	spin_unlock(&rq->lock);
}

/* Chooses a CPU for a task that current wakes.  Caller holds t->pi_lock. */
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
 * The task has set its state and not left its queue yet: only its state is set back.  False if it
 * has left the queue in the meantime.
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
		/* The boot code waits for something; it polls: see sched_switch(). */
		WRITE_ONCE(t->state, TASK_RUNNING);
		goto out;
	}
	/*
	 * The task may still be leaving its CPU.  That takes a short time with interrupts off and
	 * needs no lock that is held here.  Pairs with the release in sched_finish_switch().
	 */
	while (smp_load_acquire(&t->on_cpu))
		cpu_relax();
	wake_up_place(t);
out:
	if (woken && trace_is_on(sched_wakeup))
		trace_sched_wakeup(t, t->cpu);
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
			/* It leaves when its CPU passes the scheduler. */
			rq_resched(rq);
		} else {
			pheap_remove(&rq->queue, &t->se.run_node);
			t->se.on_rq = false;
			rq->nr_running--;
			homeless = true;
			/* It may have been preempted before it slept: then this is its wake-up. */
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
	/* The task never slept: do not subtract it from the uninterruptible tasks. */
	t->state = TASK_RUNNING;
	wake_up_place(t);
	if (trace_is_on(sched_wakeup_new))
		trace_sched_wakeup_new(t, t->cpu);
	spin_unlock_irqrestore(&t->pi_lock, flags);
}
