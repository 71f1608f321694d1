/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sleeping tasks are not looked at. The verifier reports this by an invalid end state, in which all processes wait.
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
