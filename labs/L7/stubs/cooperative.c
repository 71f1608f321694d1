/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A task runs until it sleeps; all weights are equal. */
/* splice: kernel/sched/fair.c */
void fair_set_nice(struct task *t, int nice)
{
	/* L7: yours, see labs/L7/README.md */
	t->se.nice = (s8)nice;
	t->se.weight = 1024;
}

void sched_init_entity(struct task *t)
{
	/* L7: yours, see labs/L7/README.md */
	fair_set_nice(t, 0);
	t->se.cpus_allowed = ~0UL;
	t->cpu = cpu_id();
}

bool fair_should_preempt(const struct rq *rq, const struct task *woken)
{
	/* L7: yours, see labs/L7/README.md */
	return rq->curr == rq->idle;
}
/* splice: kernel/sched/core.c */
static struct task *rq_pick(struct rq *rq, struct task *prev, bool stays, bool yield)
{
	struct task *first;

	/* L7: yours, see labs/L7/README.md */
	if (stays)
		return prev;
	if (!rq->queue.root && !sched_steal(rq))
		return rq->idle;
	first = rq_first(rq);
	pheap_remove(&rq->queue, &first->se.run_node);
	return first;
}

static __always_inline bool sched_prev_stays(struct rq *rq, struct task *prev,
					     enum switch_reason reason)
{
	/* L7: yours, see labs/L7/README.md */
	if (READ_ONCE(prev->state) == TASK_RUNNING || reason != SWITCH_SLEEP)
		return true;
	sched_account_sleep(rq, prev);
	rq_leave(rq, prev);
	return false;
}
