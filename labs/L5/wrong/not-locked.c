/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State and flag are taken before the lock. Between the two steps the walk may begin, pass the place of the child,
 * and not find the child.
 *
 * loses: P3 P6
 */
/* splice: tests/model/transition.pml */
inline fork(first_mode)
{
	klp_copy_process();
	d_step { RUNS(me) && !tasklist_lock -> tasklist_lock = true };
	atomic {
		RUNS(me) ->
		if
		:: FREE_SLOT(0) -> child = 0
#if TASKS > 1
		:: FREE_SLOT(1) -> child = 1
#endif
#if TASKS > 2
		:: FREE_SLOT(2) -> child = 2
#endif
		:: else -> child = NOBODY
		fi;
		if
		:: child != NOBODY ->
			state[child] = child_state;
			pending[child] = child_flag;
			count = count + pending[child];
			mode[child] = first_mode;
			life[child] = LIVE;
			assert(state[child] == SETTLED(me))
		:: else
		fi;
		tasklist_lock = false;
		child_state = 0; child_flag = false
	}
}
