/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tick never ends a turn: preemption happens only at wake-ups. With tasks that sometimes sleep this works; two
 * loops do not share the CPU.
 *
 * loses: P2 P3 P4 P5 P6 P7 P8
 */
/* splice: kernel/sched/fair.c */
bool fair_tick_expired(const struct rq *rq)
{
	return false;
}
