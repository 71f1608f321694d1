/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls from scheduler, fork, exit and the way to user mode to live patching.
 * kernel/sched/patch_state.c and patch_stack.c implement them.  All are cheap when no transition
 * runs: callers test TIF_PATCH_PENDING.
 */
#ifndef NEURATH_KLP_SCHED_H
#define NEURATH_KLP_SCHED_H

#include <neurath/task.h>

#define KLP_TRANSITION_IDLE		(-1)
#define KLP_TRANSITION_UNPATCHED	0
#define KLP_TRANSITION_PATCHED		1

/*
 * The task leaves the kernel, or is at another place where no patchable function is on its stack:
 * if it is pending it takes the target state.  The caller is @task itself (exit loop, with
 * interrupts on or off; idle loop). (any but NMI)
 */
void klp_update_patch_state(struct task *task);
/* current is about to sleep, or calls cond_resched(): judges its own stack. */
void __klp_sched_try_switch(void);
static __always_inline void klp_sched_try_switch(void)
{
	if (unlikely(test_task_flag(current, TIF_PATCH_PENDING)))
		__klp_sched_try_switch();
}
/*
 * The end of an interrupt of kernel code.  A pending kernel thread is judged where it was
 * interrupted: it may compute for a long time and pass no other point. (interrupt, no locks held
 * by the handler)
 */
void __klp_interrupted(void);
static __always_inline void klp_interrupted(void)
{
	if (unlikely(test_task_flag(current, TIF_PATCH_PENDING)) &&
	    (current->pflags & (PF_KTHREAD | PF_IDLE)) == PF_KTHREAD)
		__klp_interrupted();
}
/* The child inherits flag and state.  Caller holds tasklist_lock; before task_publish(). */
void klp_copy_process(struct task *child);
/*
 * @child is a published kernel thread that may not run for a long time.  If it has inherited the
 * pending flag, its stack, which is still empty, is judged now.  Caller holds no lock.
 */
void klp_new_kthread(struct task *child);
/*
 * current got a new pid.  A walk over the pid table may already have passed the new place of
 * the task, so this sets state and flag as that walk would have.  Caller holds tasklist_lock,
 * and interrupts are off.
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
/* True while a transition runs; may be out of date (for prompts and ps). */
bool klp_transition_running(void);
void klp_init(void);

/*
 * The first of @n return addresses in a function that a transition gives up, if that transition
 * disables a patch and waits for current; else 0. (interrupts off)
 */
unsigned long klp_find_taken_back(const unsigned long *entries, unsigned n);

#endif
