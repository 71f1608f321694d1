/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No round between the flags and the look: a task that had already missed its flag and was about to sleep is found on its CPU by the look, and by
 * nobody after that.
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
