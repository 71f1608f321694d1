/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The task's half of a live-patch transition: its state and its flag.
 *
 * task->patch_state is the set of functions that a task uses, klp_target_state is the set to
 * which all tasks go, and TIF_PATCH_PENDING means that this task has not arrived yet:
 *
 *	state: IDLE -> initial	   klp_init_transition(), before any slot is armed
 *	       initial -> target   the task: exit to user mode, idle loop, schedule(),
 *			   cond_resched(); an interrupt of a kernel thread; or a
 *			   looker that holds the task off the CPU, after a stack
 *			   check; or force
 *	       any -> IDLE	   completion, after no slot leads to a selector
 *
 * klp_pending counts the flags that are set (plus one while klp_start_transition() is still
 * setting flags).  Clearing a flag counts down; the last one wakes the work item that completes
 * the transition.  Nothing polls.
 *
 * This file is beside the scheduler, which calls it, and does not depend on patches.  The phases
 * of a transition, and the barriers by their letters, are in livepatch/transition.c.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/klp_task.h>
#include <neurath/process.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/trace.h>
#include <neurath/workqueue.h>

int klp_target_state = KLP_TRANSITION_IDLE;

static int klp_initial_state = KLP_TRANSITION_IDLE;	/* (tasklist_lock) */
static bool klp_flagging;				/* (tasklist_lock) */
static atomic_t klp_pending;
static struct work_struct *klp_complete_work;		/* set once, before any flag */

void __init klp_set_complete_work(struct work_struct *work)
{
	klp_complete_work = work;
}

void klp_task_done(void)
{
	if (atomic_dec_and_test(&klp_pending))
		schedule_work(klp_complete_work);
}

notrace void klp_note_switch(const struct task *task, enum trace_klp_how how)
{
	if (trace_is_on(klp_switch))
		trace_klp_switch(task, how, task->patch_state);
}

static bool klp_set_pending(struct task *task)
{
	if (test_task_flag(task, TIF_PATCH_PENDING))
		return false;
	/* Before the flag is set: the task may change over as soon as it is. */
	if (trace_is_on(klp_flag))
		trace_klp_flag(task);
	if (test_and_set_bit(TIF_PATCH_PENDING, &task->flags)) {
		klp_note_switch(task, TRACE_KLP_TAKEN_BACK);
		return false;
	}
	atomic_inc(&klp_pending);
	task->klp_since_ns = clock_ns();
	return true;
}

notrace int klp_target_of_flag(const struct task *task)
{
	debug_assert(irqs_disabled());
	if (!test_task_flag(task, TIF_PATCH_PENDING))
		return KLP_TRANSITION_IDLE;
	/* The flag, then target and ranges.  Pairs with the full barrier in klp_set_pending(). */
	smp_rmb();
	return READ_ONCE(klp_target_state);
}

static notrace void klp_take_target(struct task *task, enum trace_klp_how how)
{
	/*
	 * notrace, like the loops that call it: no look at the stack precedes the change of
	 * state, so no function that is on the stack here may be patched.
	 *
	 * Interrupts are off so that the serialising round of a reversal (klp_ranges_set())
	 * cannot come between the steps: after that round no task writes the old target.
	 */
	unsigned long flags = irq_save();
	int target = klp_target_of_flag(task);

	race_point();
	if (target != KLP_TRANSITION_IDLE && test_and_clear_bit(TIF_PATCH_PENDING, &task->flags)) {
		task->patch_state = target;
		klp_note_switch(task, how);
		klp_task_done();
	}
	irq_restore(flags);
}

notrace void klp_update_patch_state(struct task *task)
{
	klp_take_target(task, task->pflags & PF_IDLE ? TRACE_KLP_IDLE : TRACE_KLP_EXIT);
}

void klp_task_dead(struct task *task)
{
	/* Pairs with klp_flag_task(): one side sees the store of the other and counts down. */
	task->klp_gone = true;
	smp_mb();
	if (test_and_clear_bit(TIF_PATCH_PENDING, &task->flags)) {
		klp_note_switch(task, TRACE_KLP_DEATH);
		klp_task_done();
	} else if (task->patch_state != KLP_TRANSITION_IDLE) {
		/* The task had changed over before: observers of the states can now drop it. */
		klp_note_switch(task, TRACE_KLP_DEATH);
	}
}

/* The state that current would have if every walk were over. */
static int klp_settled_state(void)
{
	int state = current->patch_state;

	assert_spin_held(&tasklist_lock);
	if (klp_initial_state == KLP_TRANSITION_IDLE)
		return KLP_TRANSITION_IDLE;
	/* IDLE: the walk of klp_init_transition() has not met the task yet. */
	return state == KLP_TRANSITION_IDLE ? klp_initial_state : state;
}

void klp_pid_moved(void)
{
	/* Interrupts are off: the round of klp_start_transition() follows the flag's count. */
	assert(irqs_disabled());
	current->patch_state = klp_settled_state();
	if (klp_flagging && current->patch_state != klp_target_state)
		klp_set_pending(current);
	else if (!klp_flagging && test_and_clear_bit(TIF_PATCH_PENDING, &current->flags)) {
		klp_note_switch(current, TRACE_KLP_TAKEN_BACK);
		klp_task_done();
	}
}

void klp_copy_process(struct task *child)
{
	int state = klp_settled_state();

	child->patch_state = state;
	child->klp_gone = false;
	clear_task_flag(child, TIF_PATCH_PENDING);
	if (klp_flagging && state != klp_target_state)
		klp_set_pending(child);
	else if (klp_flagging)
		klp_note_switch(child, TRACE_KLP_INHERITED);
}

void klp_new_kthread(struct task *child)
{
	struct klp_judgement look;

	klp_try_switch_task(child, &look);
}

/* ---- values for all tasks, set by livepatch/ ---------------------------------- */

void klp_begin_states(int initial)
{
	spin_lock(&tasklist_lock);
	klp_initial_state = initial;
	spin_unlock(&tasklist_lock);
}

void klp_end_states(void)
{
	spin_lock(&tasklist_lock);
	klp_flagging = false;
	klp_initial_state = KLP_TRANSITION_IDLE;
	spin_unlock(&tasklist_lock);
}

void klp_set_flagging(bool on)
{
	spin_lock(&tasklist_lock);
	klp_flagging = on;
	spin_unlock(&tasklist_lock);
}

void klp_flip_target(void)
{
	spin_lock(&tasklist_lock);
	klp_target_state = !klp_target_state;
	spin_unlock(&tasklist_lock);
}

void klp_count_starter(bool on)
{
	if (on)
		atomic_inc(&klp_pending);
	else
		atomic_dec(&klp_pending);
}

bool klp_any_pending(void)
{
	return atomic_read(&klp_pending) != 0;
}

bool klp_all_arrived(void)
{
	return klp_flagging && !klp_any_pending();
}

/* ---- the steps of a walk: one task each ------------------------------------------ */

void klp_set_initial_state(struct task *task)
{
	WARN_ON_ONCE(task->patch_state != KLP_TRANSITION_IDLE &&
		     task->patch_state != klp_initial_state);
	task->patch_state = klp_initial_state;
}

void klp_flag_task(struct task *task)
{
	if (task->patch_state == klp_target_state || !klp_set_pending(task))
		return;
	/* Pairs with klp_task_dead(): the task may have made its last switch just now. */
	smp_mb();
	if (READ_ONCE(task->klp_gone) && test_and_clear_bit(TIF_PATCH_PENDING, &task->flags)) {
		klp_note_switch(task, TRACE_KLP_DEATH);
		klp_task_done();
	}
}

void klp_reset_state(struct task *task)
{
	int state = task->patch_state;

	/* A task that died has not arrived; a task that was born just now is reset already. */
	WARN_ON_ONCE(test_task_flag(task, TIF_PATCH_PENDING));
	WARN_ON_ONCE(!task->klp_gone && state != klp_target_state && state != KLP_TRANSITION_IDLE);
	task->patch_state = KLP_TRANSITION_IDLE;
}

void klp_unflag_task(struct task *task)
{
	if (test_and_clear_bit(TIF_PATCH_PENDING, &task->flags)) {
		klp_note_switch(task, TRACE_KLP_TAKEN_BACK);
		atomic_dec(&klp_pending);
	}
}

/*
 * Under tasklist_lock: klp_copy_process() and klp_pid_moved() read a state and then set a flag.
 * The task must not be forced between these steps, or the flag would never be counted down.
 */
void klp_force_task(struct task *task)
{
	spin_lock(&tasklist_lock);
	klp_take_target(task, TRACE_KLP_FORCE);
	spin_unlock(&tasklist_lock);
}
