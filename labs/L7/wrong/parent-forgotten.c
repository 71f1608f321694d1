/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new task starts with nice 0 and all CPUs, whatever its parent had.  `nice make` makes the shell nice, and not the compilers.
 *
 * loses: P5
 * at times: P4 P7
 */
/* splice: kernel/sched/fair.c */
void sched_init_entity(struct task *t)
{
	fair_set_nice(t, 0);
	t->se.sync_score = WAKER_SYNC_SCORE;
	t->se.cpus_allowed = ~0UL;
	t->cpu = cpu_id();
	t->se.vruntime = cpu_rq(t->cpu)->min_vruntime;
}
