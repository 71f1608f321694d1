/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child starts with the target state: "it is new, so it may run new functions". But it begins as a copy of its
 * parent, in the middle of the parent's call.
 *
 * loses: P3 P6
 */
/* splice: tests/model/transition.pml */
inline klp_copy_process()
{
	d_step { RUNS(me) -> child_state = (initial == NONE -> NONE : target); child_flag = false }
}
