/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The task's half of a live-patch transition, for livepatch/: the states and flags of tasks
 * (kernel/sched/patch_state.c), and the judgement of a stack (kernel/sched/patch_stack.c).  The
 * functions for the scheduler and the life of tasks are in klp_sched.h.
 */
#ifndef NEURATH_KLP_TASK_H
#define NEURATH_KLP_TASK_H

#include <neurath/klp_sched.h>
#include <neurath/task.h>
#include <neurath/trace.h>
#include <neurath/unwind.h>

struct work_struct;

/* ---- patch_state.c --------------------------------------------------------------- */
extern int klp_target_state;	/* KLP_TRANSITION_*; written by livepatch/, read without a lock */

/* Sets the work item that runs when no task is pending any more.  Once, at boot. */
void klp_set_complete_work(struct work_struct *work);
/* From now on a child of a task that no walk has met yet is born with state @initial. */
void klp_begin_states(int initial);
/* From now on tasks have no state, and children are born without one. */
void klp_end_states(void);
/* Sets whether children of a task that is not at its target are born pending. */
void klp_set_flagging(bool on);
void klp_flip_target(void);
/* The starter of a transition counts as a pending task until every flag is set. */
void klp_count_starter(bool on);
bool klp_any_pending(void);
/* True if flags were set and all of them are clear. */
bool klp_all_arrived(void);

/* The steps of walks over all tasks; each step takes the locks that it needs. */
void klp_set_initial_state(struct task *task);
void klp_flag_task(struct task *task);
void klp_unflag_task(struct task *task);
void klp_force_task(struct task *task);
void klp_reset_state(struct task *task);

/*
 * The target for which @task is pending, or KLP_TRANSITION_IDLE if it is not pending.  A task that
 * changes over takes this target: it is read before the flag is cleared. (interrupts off)
 */
int klp_target_of_flag(const struct task *task);
/* Records in the timeline how @task got its present state, or none. (any) */
void klp_note_switch(const struct task *task, enum trace_klp_how how);
/* One task has reached its target: wakes completion if it was the last. (irq, no locks held) */
void klp_task_done(void);

/* ---- patch_stack.c --------------------------------------------------------------- */
enum klp_verdict {
	KLP_ARRIVED,			/* the task is not pending any more */
	KLP_CLEAR, KLP_RUNNING, KLP_UNRELIABLE, KLP_BLOCKED
};

struct klp_judgement {
	enum klp_verdict verdict;
	enum unwind_reason reason;	/* for KLP_UNRELIABLE */
	unsigned long addr;		/* for KLP_BLOCKED: the return address in the function */
	unsigned state, cpu;
	unsigned depth;			/* of the stack, as far as the walk came */
	bool switched;			/* this look moved the task to its target */
};

int klp_stack_init(void);

/* A set of at most @room text ranges; kfree() frees it. (task) */
struct klp_ranges *klp_ranges_new(unsigned room);
unsigned klp_ranges_room(const struct klp_ranges *set);
void klp_ranges_empty(struct klp_ranges *set);
void klp_ranges_insert(struct klp_ranges *set, unsigned long start, unsigned long size);
/* After the last klp_ranges_insert(), before the set is used. */
void klp_ranges_sort(struct klp_ranges *set);
/* From now on no task may change over with a return address in @set; NULL = no restriction. */
void klp_ranges_publish(struct klp_ranges *set);

/*
 * The result of a look at @task if @set were forbidden now; changes nothing.  A task that runs,
 * like the caller, is KLP_RUNNING. (task, no spinlock held)
 */
void klp_preview_task(struct task *task, const struct klp_ranges *set, struct klp_judgement *out);
/*
 * Looks at a task at its present position.  With @commit, a pending task changes over if the look
 * allows it.
 */
void klp_judge_task(struct task *task, bool commit, struct klp_judgement *out);
/*
 * Like klp_judge_task() with commit, and counts the task out.  Returns true if the task is now at
 * its target.  *look is not written if the task was there already; on false it has the reason.
 */
bool klp_try_switch_task(struct task *task, struct klp_judgement *look);

#endif
