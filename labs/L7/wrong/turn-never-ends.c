/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tick never ends a turn: preemption happens at wake-ups only.  With tasks that sleep now and then it looks fine; two loops share
 * nothing.
 *
 * loses: P2 P3 P4 P5 P6 P7 P8
 */
/* splice: kernel/sched/fair.c */
bool fair_tick_expired(const struct rq *rq)
{
	return false;
}
