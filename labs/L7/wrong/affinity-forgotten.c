/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The code tests whether a task may use this CPU when the task wakes, and not while it runs. A task that only
 * computes never leaves the CPU.
 *
 * loses: P3 P5 P7
 * at times: P4 P8
 */
/* splice: kernel/sched/core.c */
static __always_inline bool sched_prev_stays(struct rq *rq, struct task *prev,
					     enum switch_reason reason)
{
	if (READ_ONCE(prev->state) == TASK_RUNNING || reason != SWITCH_SLEEP)
		return true;
	sched_account_sleep(rq, prev);
	rq_leave(rq, prev);
	return false;
}
