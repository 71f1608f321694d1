/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sleepers are not looked at.  The verifier says so in the shortest way: an invalid end state, in which everybody waits.
 *
 * loses: P2 P5
 * at times: P3 P4 P6 P7 P8
 */
/* splice: tests/model/transition.pml */
inline klp_start_transition()
{
	smp_sync_core();
	atomic { forbidden = 1 - goal; count++ };
	klp_set_flagging(true);
	flag_tasks();
	smp_sync_core();
	atomic { count-- }
}
