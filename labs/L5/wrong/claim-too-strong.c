/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The claim says: "at the end every task has the new state". This is false for a task that has died meanwhile, and
 * for a task that was born when the states had been reset.
 *
 * loses: P3 P6
 */
/* splice: tests/model/transition.pml */
inline reset_states()
{
	d_step { !tasklist_lock -> flagging = false; initial = NONE };
	EACH_TASK
		assert(!pending[i]);
		assert(state[i] == goal);
		state[i] = NONE
	DONE
}
