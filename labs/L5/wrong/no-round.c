/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * There is no round between the flags and the look. A task that has tested its flag too early and is about to sleep
 * is still on its CPU during the look, and no later step finds it.
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
	look_at_tasks();
	atomic { count-- }
}
