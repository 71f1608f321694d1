/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task that dies with its flag set is not counted down, and it never passes a point of judgement again. The count
 * stays above 0, and a transition during which a task exits never ends.
 *
 * loses: P7
 * at times: P2 P3 P4 P5 P6 P8 P9 P10
 */
/* splice: kernel/sched/patch_state.c */
void klp_task_dead(struct task *task)
{
	task->klp_gone = true;
}
