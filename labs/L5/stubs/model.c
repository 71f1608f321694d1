/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model without births, in which a transition begins and ends without any effect. */
/* splice: tests/model/transition.pml */
inline klp_copy_process()
{
	skip	/* L5: yours, see labs/L5/README.md */
}

/* fork_publish(), kthread_publish(): the child inherits and is published under tasklist_lock. */
inline fork(first_mode)
{
	skip	/* L5: yours, see labs/L5/README.md */
}

inline klp_init_transition()
{
	target = goal	/* L5: yours, see labs/L5/README.md */
}

inline klp_start_transition()
{
	skip	/* L5: yours, see labs/L5/README.md */
}

inline reset_states()
{
	skip	/* L5: yours, see labs/L5/README.md */
}
