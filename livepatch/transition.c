// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The transition: every task moves from one set of functions to the other by
 * itself, at a moment when none of the functions concerned is on its stack.
 *
 * task->patch_state says which set a task uses, klp_target_state where all are
 * going, TIF_PATCH_PENDING that this task is not there yet:
 *
 *	state: IDLE -> initial	   klp_init_transition(), before any slot is armed
 *	       initial -> target   the task: exit to user mode, idle loop, schedule(),
 *				   cond_resched(); or whoever holds it off the CPU after a
 *				   stack check; or force
 *	       any -> IDLE	   completion, after no slot leads to a selector
 *
 * klp_pending counts the flags that are set (plus one while klp_start_transition()
 * is still setting them).  Who clears a flag counts down; the last one wakes the
 * completion work.  Nothing polls.
 *
 * Every pending task is judged where it passes.  Those that do not pass (sleepers,
 * and tasks that wait for a CPU) are looked at once at the start.  No one is missed
 * in between: flags are set first, then a serialising round reaches every CPU, then
 * sleepers are looked at.  schedule() tests the flag and leaves the CPU in one
 * stretch with interrupts off, so a task that missed its flag there is off the
 * CPU when the round is over, and is found by the look.
 *
 * Fork, and the change of pid in execve(): klp_initial_state, klp_flagging and the
 * flip of klp_target_state change under tasklist_lock, under which a child takes its
 * state and is published.  So a walk that starts after such a change meets every child
 * that was born before it, and children born after it are already right
 * (klp_copy_process, klp_pid_moved).
 *
 * Barriers, by the letters of docs/livepatch.md:
 *	A  states of all tasks < transition flags of the versions	(init)
 *	B  transition flags < versions on the hooks, slots armed	(enable)
 *	C  slots lead to selectors < pending flags			(disable)
 *	D  flags cleared, round, target flipped < flags set		(reverse)
 *	E  versions popped, slots direct, rounds < transition flags cleared	(complete)
 *	F  slots direct, rounds < states IDLE					(complete)
 */
#include "internal.h"
#include <neurath/export.h>
#include <neurath/race.h>
#include <neurath/sched.h>

struct klp_patch *klp_transition_patch;
int klp_target_state = KLP_TRANSITION_IDLE;

static int klp_initial_state = KLP_TRANSITION_IDLE;	/* (tasklist_lock) */
static bool klp_flagging;				/* (tasklist_lock) */
static atomic_t klp_pending;

static void klp_complete_work_fn(struct work_struct *work);
static DECLARE_WORK(klp_complete_work, klp_complete_work_fn);

bool klp_transition_running(void)
{
	return READ_ONCE(klp_transition_patch) != NULL;
}

void klp_for_each_task(void (*fn)(struct task *task))
{
	struct task_walk walk;
	struct task *task;

	for (task = task_walk_first(&walk); task; task = task_walk_next(&walk)) {
		fn(task);
		/*
		 * Thousands of tasks take milliseconds, and others want this CPU.  A step
		 * holds no lock and each walk allows for what changes meanwhile, see above.
		 */
		cond_resched();
	}
	if (MUTANT(IDLE_FORGOTTEN))
		return;
	/* The idle task of a CPU that did not start has never run and never will. */
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		if (cpus[cpu].online)
			fn(idle_task(cpu));
}

/* ---- counting -------------------------------------------------------------- */

void klp_task_done(void)
{
	if (atomic_dec_and_test(&klp_pending))
		schedule_work(&klp_complete_work);
}

static bool klp_set_pending(struct task *task)
{
	if (test_and_set_bit(TIF_PATCH_PENDING, &task->flags))
		return false;
	atomic_inc(&klp_pending);
	task->klp_since_ns = clock_ns();
	return true;
}

notrace void klp_update_patch_state(struct task *task)
{
	/*
	 * notrace, like the loops that call it: nothing that is on the stack here may
	 * be patched, since nobody checks.
	 *
	 * Off, so that the serialising round of a reversal cannot fall between the
	 * two steps: after it, no task writes the old target.
	 */
	unsigned long flags = irq_save();

	/* A full barrier: the target is read after the flag (barriers A, D). */
	if (test_and_clear_bit(TIF_PATCH_PENDING, &task->flags)) {
		race_point();
		task->patch_state = READ_ONCE(klp_target_state);
		klp_task_done();
	}
	irq_restore(flags);
}

void klp_task_dead(struct task *task)
{
	if (MUTANT(EXIT_HOLE))
		return;
	/* Pairs with klp_flag_task(): one of the two sees the other and counts down. */
	task->klp_gone = true;
	smp_mb();
	if (test_and_clear_bit(TIF_PATCH_PENDING, &task->flags))
		klp_task_done();
}

/* The state that current should have, were every walk over. */
static int klp_settled_state(void)
{
	int state = current->patch_state;

	assert_spin_held(&tasklist_lock);
	if (klp_initial_state == KLP_TRANSITION_IDLE)
		return KLP_TRANSITION_IDLE;
	/* IDLE: the walk of klp_init_transition() has not met it yet. */
	return state == KLP_TRANSITION_IDLE ? klp_initial_state : state;
}

void klp_pid_moved(void)
{
	current->patch_state = klp_settled_state();
	if (klp_flagging && current->patch_state != klp_target_state)
		klp_set_pending(current);
	else if (!klp_flagging && test_and_clear_bit(TIF_PATCH_PENDING, &current->flags))
		klp_task_done();
}

void klp_copy_process(struct task *child)
{
	int state = klp_settled_state();

	if (MUTANT(FORK_NO_STATE))
		state = KLP_TRANSITION_IDLE;
	child->patch_state = state;
	child->klp_gone = false;
	clear_task_flag(child, TIF_PATCH_PENDING);
	if (klp_flagging && state != klp_target_state && !MUTANT(FORK_NO_FLAG))
		klp_set_pending(child);
}

void klp_new_kthread(struct task *child)
{
	struct klp_judgement look;

	if (!MUTANT(KTHREAD_UNSEEN))
		klp_try_switch_task(child, &look);
}

/* ---- setting out ----------------------------------------------------------- */

static void klp_set_transition_flags(struct klp_patch *patch, bool on)
{
	struct klp_object *obj;
	struct klp_func *func;

	klp_for_each_object(patch, obj)
		klp_for_each_func(obj, func)
			WRITE_ONCE(func->version.transition, on);
}

static void klp_set_initial_state(struct task *task)
{
	WARN_ON_ONCE(task->patch_state != KLP_TRANSITION_IDLE &&
		     task->patch_state != klp_initial_state);
	task->patch_state = klp_initial_state;
}

static void klp_flag_task(struct task *task)
{
	if (task->patch_state == klp_target_state || !klp_set_pending(task))
		return;
	/* Pairs with klp_task_dead(): it may have made its last switch just now. */
	smp_mb();
	if (READ_ONCE(task->klp_gone) && test_and_clear_bit(TIF_PATCH_PENDING, &task->flags))
		klp_task_done();
}

static void klp_set_flagging(bool on)
{
	spin_lock(&tasklist_lock);
	klp_flagging = on;
	spin_unlock(&tasklist_lock);
}

static const char *klp_direction(int target)
{
	return target == KLP_TRANSITION_PATCHED ? "patching" : "unpatching";
}

void klp_init_transition(struct klp_patch *patch, int target)
{
	assert_mutex_held(&klp_mutex);
	assert(!klp_transition_patch);
	klp_transition_patch = patch;
	klp_target_state = target;
	pr_debug("'%s': initializing %s transition\n", patch->mod->name, klp_direction(target));

	spin_lock(&tasklist_lock);
	klp_initial_state = !target;
	spin_unlock(&tasklist_lock);
	if (MUTANT(FLAG_BEFORE_STATE)) {
		klp_set_flagging(true);
		klp_for_each_task(klp_flag_task);
		smp_sync_core();
	}
	race_point();
	if (!MUTANT(STATES_AFTER_ARM))
		klp_for_each_task(klp_set_initial_state);
	/*
	 * Barrier A: a selector that sees a transition flag must see the state of its
	 * task; with the state still IDLE it would pick the new version for a task
	 * that has not been switched.
	 */
	smp_wmb();
	if (!MUTANT(FLAGS_AFTER_ARM))
		klp_set_transition_flags(patch, true);
	/*
	 * Barrier B follows with klp_hook_push(): no version is on a hook before its flag
	 * is set.
	 */
	smp_wmb();
}

/* First look at a task that does not pass by itself; running ones were reached by the round. */
static void klp_look_at_task(struct task *task)
{
	struct klp_judgement look;

	if (klp_try_switch_task(task, &look))
		return;
	klp_debug_look(task, &look);
	if (!(task->pflags & PF_IDLE))
		return;
	/*
	 * It stands in a function that is being patched, below its loop, and a busy CPU
	 * might not come to it for ever.  (If it runs, this costs a pass of its loop.)
	 */
	if (!MUTANT(IDLE_NOT_RUN))
		sched_run_idle_once(task->cpu);
}

void klp_start_transition(void)
{
	assert_mutex_held(&klp_mutex);
	pr_notice("'%s': starting %s transition\n", klp_transition_patch->mod->name,
		  klp_direction(klp_target_state));
	klp_ranges_set(klp_transition_patch, klp_target_state);
	if (MUTANT(FLAGS_AFTER_ARM))
		klp_set_transition_flags(klp_transition_patch, true);
	if (MUTANT(STATES_AFTER_ARM))
		klp_for_each_task(klp_set_initial_state);
	/* Ours, until every flag is set: completion must not come in between. */
	atomic_inc(&klp_pending);
	klp_set_flagging(true);
	race_point();
	if (!MUTANT(FLAG_BEFORE_STATE))
		klp_for_each_task(klp_flag_task);
	/*
	 * Running user tasks pass their exit loop, idle CPUs their idle loop; and whoever
	 * was leaving its CPU without having seen its flag has left it (see above).
	 */
	if (!MUTANT(START_NO_ROUND))
		smp_sync_core();
	if (!MUTANT(LOOK_FORGOTTEN))
		klp_for_each_task(klp_look_at_task);
	klp_nudge_start();
	/* The starter completes itself if all are there: see klp_complete_if_done(). */
	atomic_dec(&klp_pending);
}

/* ---- arriving ---------------------------------------------------------------- */

static void klp_reset_state(struct task *task)
{
	int state = task->patch_state;

	/* One that died on the way never arrived; one born just now is reset already. */
	WARN_ON_ONCE(test_task_flag(task, TIF_PATCH_PENDING));
	WARN_ON_ONCE(!task->klp_gone && state != klp_target_state && state != KLP_TRANSITION_IDLE);
	task->patch_state = KLP_TRANSITION_IDLE;
}

static void klp_reset_states(void)
{
	spin_lock(&tasklist_lock);
	klp_flagging = false;
	klp_initial_state = KLP_TRANSITION_IDLE;
	spin_unlock(&tasklist_lock);
	klp_for_each_task(klp_reset_state);
}

static void klp_unpatch_objects(struct klp_patch *patch)
{
	struct klp_object *obj;

	klp_for_each_object(patch, obj)
		if (obj->patched)
			klp_unpatch_object(obj);
}

/* Replaced patches leave the hooks first, so that each nop is the last one on its hook. */
static void klp_unpatch_replaced(struct klp_patch *new)
{
	struct klp_patch *old;

	list_for_each_entry(old, &klp_patches, list) {
		if (old == new)
			return;
		old->enabled = false;
		if (MUTANT(REPLACED_CALLED_BACK))
			klp_call_pre_unpatch(old);
		klp_unpatch_objects(old);
	}
}

static void klp_call_post_callbacks(struct klp_patch *patch, int target)
{
	struct klp_object *obj;

	klp_for_each_object(patch, obj) {
		if (!klp_object_loaded(obj) && !MUTANT(ABSENT_CALLED_BACK))
			continue;
		if (target == KLP_TRANSITION_PATCHED)
			klp_post_patch_callback(obj);
		else
			klp_post_unpatch_callback(obj);
	}
}

/*
 * Both end with klp_hooks_sync().  Its first round comes when no slot leads to a
 * selector of ours any more, and rewinds who is still in one; when it returns, no
 * CPU will act on a transition flag or a state that it read in a selector.
 */
static void klp_settle_patched(struct klp_patch *patch)
{
	if (patch->replace) {
		klp_unpatch_replaced(patch);
		klp_discard_nops(patch);
	}
	/* All tasks have state 1: with or without the flag, a selector picks the newest. */
	klp_set_transition_flags(patch, false);
	klp_hooks_sync();
}

static void klp_settle_unpatched(struct klp_patch *patch)
{
	if (MUTANT(FLAGS_BEFORE_POP))
		klp_set_transition_flags(patch, false);
	race_point();
	klp_unpatch_objects(patch);
	klp_hooks_sync();
	/*
	 * Barrier E: only after the rounds of klp_hooks_sync().  A selector that still held
	 * a popped version and found its flag cleared would run what has been removed.
	 */
	klp_set_transition_flags(patch, false);
}

static void klp_complete_transition(void)
{
	struct klp_patch *patch = klp_transition_patch;
	int target = klp_target_state;

	assert_mutex_held(&klp_mutex);
	klp_nudge_stop();
	pr_debug("'%s': completing %s transition\n", patch->mod->name, klp_direction(target));
	if (MUTANT(STATE_BEFORE_SYNC))
		klp_reset_states();
	if (target == KLP_TRANSITION_PATCHED)
		klp_settle_patched(patch);
	else
		klp_settle_unpatched(patch);
	/* Barrier F: now; before this a selector could have read the state. */
	klp_reset_states();
	klp_ranges_clear();
	klp_call_post_callbacks(patch, target);
	pr_notice("'%s': %s complete\n", patch->mod->name, klp_direction(target));
	klp_target_state = KLP_TRANSITION_IDLE;
	WRITE_ONCE(klp_transition_patch, NULL);
}

void klp_complete_if_done(void)
{
	struct klp_patch *patch = klp_transition_patch;
	int target = klp_target_state;

	assert_mutex_held(&klp_mutex);
	if (!patch || !klp_flagging || atomic_read(&klp_pending) != 0)
		return;
	if (MUTANT(FREED_BEFORE_POST))
		klp_settle_patches(patch, target);
	klp_complete_transition();
	if (!MUTANT(FREED_BEFORE_POST))
		klp_settle_patches(patch, target);
}

static void klp_complete_work_fn(struct work_struct *work)
{
	mutex_lock(&klp_mutex);
	klp_complete_if_done();
	mutex_unlock(&klp_mutex);
}

/* Enabling failed before any task was flagged: all have state 0, so completion is immediate. */
void klp_cancel_transition(void)
{
	assert_mutex_held(&klp_mutex);
	pr_debug("'%s': canceling patching transition, going to unpatch\n",
		 klp_transition_patch->mod->name);
	klp_target_state = KLP_TRANSITION_UNPATCHED;
	klp_complete_transition();
}

/* ---- turning round, and force ------------------------------------------------- */

static void klp_unflag_task(struct task *task)
{
	if (test_and_clear_bit(TIF_PATCH_PENDING, &task->flags))
		atomic_dec(&klp_pending);
}

void klp_reverse_transition(void)
{
	struct klp_patch *patch = klp_transition_patch;

	assert_mutex_held(&klp_mutex);
	pr_debug("'%s': reversing transition from %s to %s\n", patch->mod->name,
		 klp_direction(klp_target_state), klp_direction(!klp_target_state));
	klp_nudge_stop();
	klp_set_flagging(false);
	klp_for_each_task(klp_unflag_task);
	/* Whoever had cleared its own flag has also written its state when this is over. */
	smp_sync_core();
	if (MUTANT(REVERSE_CALLS_BACK))
		klp_call_pre_unpatch(patch);
	if (MUTANT(FLIP_AFTER_FLAGS))
		klp_start_transition();
	patch->enabled = !patch->enabled;
	spin_lock(&tasklist_lock);
	klp_target_state = !klp_target_state;
	spin_unlock(&tasklist_lock);
	/* Barrier D: a task that sees its new flag reads the new target. */
	smp_wmb();
	if (!MUTANT(FLIP_AFTER_FLAGS))
		klp_start_transition();
	klp_complete_if_done();
}

/*
 * Somebody may return into the functions that are being left, for ever: the memory
 * of the patches they belong to is never given back.  The kernel's own functions
 * stay anyway, so enabling a patch beside others marks none.
 */
static void klp_mark_forced(struct klp_patch *patch)
{
	struct klp_patch *other;

	if (klp_target_state == KLP_TRANSITION_UNPATCHED) {
		patch->forced = true;
		return;
	}
	if (!patch->replace)
		return;
	list_for_each_entry(other, &klp_patches, list)
		if (other != patch)
			other->forced = true;
}

void klp_force_transition(void)
{
	assert_mutex_held(&klp_mutex);
	pr_warn("forcing remaining tasks to the patched state\n");
	/* Again for a child that was born behind the walk, of a parent that it had not met yet. */
	do
		klp_for_each_task(klp_update_patch_state);
	while (atomic_read(&klp_pending) != 0);
	klp_mark_forced(klp_transition_patch);
}

EXPORT_SYMBOL(klp_transition_running);
