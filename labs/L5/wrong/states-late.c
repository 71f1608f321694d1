/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transition begins with the flags of the functions, and the states of the tasks are not set: they still have the
 * value from the end of the last transition, NONE.
 *
 * loses: P2 P3 P5 P6
 * at times: P4 P7 P8
 */
/* splice: tests/model/transition.pml */
inline klp_init_transition()
{
	target = goal;
	d_step { !tasklist_lock -> initial = 1 - goal };
	set_transition_flags(true)
}
