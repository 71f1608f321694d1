/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where live patching is woven into the kernel: the few calls that scheduler,
 * fork, exit and the way to user mode make.  livepatch/transition.c implements
 * them.  All are cheap when no transition runs: callers test TIF_PATCH_PENDING.
 */
#ifndef NEURATH_KLP_SCHED_H
#define NEURATH_KLP_SCHED_H

#include <neurath/task.h>

#define KLP_TRANSITION_IDLE		(-1)
#define KLP_TRANSITION_UNPATCHED	0
#define KLP_TRANSITION_PATCHED		1

/*
 * The task leaves the kernel or is otherwise known to have no function of ours on
 * its stack: it takes over the target state if it is pending.  Caller is @task
 * itself (exit loop, with interrupts on or off; idle loop). (any but NMI)
 */
void klp_update_patch_state(struct task *task);
/* current is about to sleep, or agrees to be looked at in cond_resched(): judge its own stack. */
void __klp_sched_try_switch(void);
static __always_inline void klp_sched_try_switch(void)
{
	if (unlikely(test_task_flag(current, TIF_PATCH_PENDING)))
		__klp_sched_try_switch();
}
/* The child inherits flag and state.  Caller holds tasklist_lock; before task_publish(). */
void klp_copy_process(struct task *child);
/*
 * @child, published, is a kernel thread that may not run for long: if it inherited the
 * pending flag, its stack, which holds nothing yet, is judged now. Caller holds no lock.
 */
void klp_new_kthread(struct task *child);
/*
 * current has another pid since, and a walk may have passed its new place: brings state
 * and flag to what the walk would have made of them.  Caller holds tasklist_lock.
 */
void klp_pid_moved(void);
/* @task has made its last context switch and leaves the pid table. Caller holds no lock. */
void klp_task_dead(struct task *task);
/* End of each pass of the idle loop, by the idle task. */
static __always_inline void klp_idle_check(void)
{
	if (unlikely(test_task_flag(current, TIF_PATCH_PENDING)))
		klp_update_patch_state(current);
}
/* True while some transition runs (racy; for prompts and ps). */
bool klp_transition_running(void);
void klp_init(void);

#endif
