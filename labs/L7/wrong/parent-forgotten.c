/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new task starts with nice 0 and all CPUs, with any parent. `nice make` changes the nice value of the shell, and
 * not that of the compilers.
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
