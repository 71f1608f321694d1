/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each step of nice subtracts the same amount. A step must be a factor, the same from 0 to 1 as from 18 to 19; here
 * nice 19 still has half of the weight of nice 0.
 * The compiler warns that fair_weights[] is not used.
 *
 * loses: P3 P7 P9
 */
/* splice: kernel/sched/fair.c */
void fair_set_nice(struct task *t, int nice)
{
	t->se.nice = (s8)nice;
	t->se.weight = 1024 - nice * 25;
}
