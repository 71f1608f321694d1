/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model has no claims about the end of a transition, so they cannot be violated. Students remove an assertion
 * that "is in the way".
 *
 * loses: P9
 * at times: P5 P6 P7 P8
 */
/* splice: tests/model/transition.pml */
inline reset_states()
{
	d_step { !tasklist_lock -> flagging = false; initial = NONE };
	EACH_TASK
		state[i] = NONE
	DONE
}
