/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flag is set, and the counter is incremented even if the flag was already set. The walk also meets a child that
 * was born with its flag, and counts it a second time: the count never reaches 0.
 *
 * loses: P2 P3 P4 P5 P6 P7 P8 P9 P10
 */
/* splice: kernel/sched/patch_state.c */
static bool klp_set_pending(struct task *task)
{
	set_task_flag(task, TIF_PATCH_PENDING);
	atomic_inc(&klp_pending);
	atomic_inc(&klp_pending);
	task->klp_since_ns = clock_ns();
	return true;
}
