/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "It is one function, so it is one step": the flags, the round and the looks are in an atomic block. No other
 * process makes a step between them, and the model holds because it has no interleaving in which it could fail. The
 * number of states shows this.
 *
 * loses: P2 P5
 */
/* splice: tests/model/transition.pml */
inline klp_start_transition()
{
	smp_sync_core();
	atomic {
		forbidden = 1 - goal;
		count++;
		klp_set_flagging(true);
		flag_tasks();
		smp_sync_core();
		look_at_tasks();
		count--
	}
}
