/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task that yields is compared like any other task: it has the least virtual time, so it continues to run. Two
 * tasks that wait for each other by yielding use up a whole turn each time.
 *
 * loses: P4
 * at times: P3 P5 P7 P8
 */
/* splice: kernel/sched/core.c */
static struct task *rq_pick(struct rq *rq, struct task *prev, bool stays, bool yield)
{
	struct task *first;

	if (unlikely(rq->force_idle)) {
		rq->force_idle = false;
		set_task_flag(rq->idle, TIF_NEED_RESCHED);
		if (stays)
			rq_insert(rq, prev);
		return rq->idle;
	}
	if (!rq->queue.root && !stays && !sched_steal(rq))
		return rq->idle;
	first = rq_first(rq);
	if (stays && (!first || prev->se.vruntime <= first->se.vruntime))
		return prev;
	pheap_remove(&rq->queue, &first->se.run_node);
	if (stays)
		rq_insert(rq, prev);
	return first;
}
