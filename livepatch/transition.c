/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The phases of a transition: start, completion, reversal and force, and the walks over all
 * tasks.  In a transition every task moves from one set of functions to the other, at a moment
 * when none of the functions concerned is on its stack.
 *
 * The task's half (state, flag, count of pending tasks, judgement of a stack) is in
 * kernel/sched/patch_state.c and kernel/sched/patch_stack.c.
 *
 * A pending task is judged at the points it passes: the way to user mode, schedule(), the idle
 * loop.  Tasks that pass no such point (sleepers, and tasks that wait for a CPU) are looked at
 * once, at the start.  The order of three steps ensures that no task is missed: first all flags
 * are set, then a serialising round reaches every CPU, then the looks follow. schedule() tests
 * the flag and leaves the CPU in one stretch with interrupts off.  If a task does not see its
 * flag there, it is off the CPU when the round is over, and the look finds it.
 *
 * Fork, and the change of pid in execve(): klp_initial_state, klp_flagging and klp_target_state
 * change under tasklist_lock.  A child takes its state and is published under the same lock.
 * So a walk that starts after such a change meets every child that was born before the change,
 * and children born later have the right state and flag from the beginning (klp_copy_process,
 * klp_pid_moved).
 *
 * A look at a stack belongs to one direction of one transition: kernel/sched/patch_stack.c
 * has the proof.
 *
 * Barriers, by the letters of docs/livepatch.md:
 *	A  states of all tasks < transition flags of the versions	(init)
 *	B  transition flags < versions on the hooks, slots armed	(enable)
 *	C  slots lead to selectors < pending flags			(disable)
 *	D  flags cleared, target flipped, round < flags set		(reverse)
 *	E  versions popped, slots direct, rounds < transition flags cleared	(complete)
 *	F  slots direct, rounds < states IDLE					(complete)
 */
#include "internal.h"
#include <neurath/export.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/trace.h>

struct klp_patch *klp_transition_patch;

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
		 * A walk over thousands of tasks takes milliseconds, and other tasks need this
		 * CPU.  A step holds no lock, and each walk tolerates changes between its
		 * steps: see the head of this file.
		 */
		cond_resched();
	}
	/* A CPU that did not start has an idle task that has never run and never will. */
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		if (cpus[cpu].online)
			fn(idle_task(cpu));
}

/* ---- records for the timeline (neurath/trace.h) ----------------------------- */

static void klp_note_step(enum trace_klp_step step)
{
	assert_mutex_held(&klp_mutex);
	if (trace_is_on(klp_transition))
		trace_klp_transition(klp_transition_patch->mod->name, step, klp_target_state);
}

static void klp_note_barrier(char letter)
{
	if (trace_is_on(klp_barrier))
		trace_klp_barrier(letter);
}

/* ---- start ------------------------------------------------------------------ */

static void klp_set_transition_flags(struct klp_patch *patch, bool on)
{
	struct klp_object *obj;
	struct klp_func *func;

	klp_for_each_object(patch, obj)
		klp_for_each_func(obj, func)
			WRITE_ONCE(func->version.transition, on);
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
	trace_klp_around(true);
	klp_note_step(TRACE_KLP_INIT);
	pr_debug("'%s': initializing %s transition\n", patch->mod->name, klp_direction(target));

	klp_begin_states(!target);
	race_point();
	klp_for_each_task(klp_set_initial_state);
	/*
	 * Barrier A: a selector that sees a transition flag must also see the state of its
	 * task.  If the state were still IDLE, the selector would pick the new version for a
	 * task that has not changed over.
	 */
	smp_wmb();
	klp_note_barrier('A');
	klp_set_transition_flags(patch, true);
	/* Barrier B, before klp_hook_push(): a version on a hook has its flag set. */
	smp_wmb();
	klp_note_barrier('B');
}

/* The first look at a task that passes no point of judgement; the round reached running tasks. */
static void klp_look_at_task(struct task *task)
{
	struct klp_judgement look;

	if (klp_try_switch_task(task, &look))
		return;
	klp_debug_look(task, &look);
	if (!(task->pflags & PF_IDLE))
		return;
	/*
	 * The idle task stands in a function that is being patched, below its loop.  A busy CPU
	 * may not return to the idle task for a long time, so run it once. (If it runs now, the
	 * cost is one pass of its loop.)
	 */
	sched_run_idle_once(task->cpu);
}

void klp_start_transition(void)
{
	assert_mutex_held(&klp_mutex);
	klp_note_step(TRACE_KLP_START);
	if (klp_target_state == KLP_TRANSITION_UNPATCHED)
		klp_note_barrier('C');
	pr_notice("'%s': starting %s transition\n", klp_transition_patch->mod->name,
		  klp_direction(klp_target_state));
	klp_ranges_set(klp_transition_patch, klp_target_state);
	/* Counts as pending until every flag is set: completion cannot come in between. */
	klp_count_starter(true);
	klp_set_flagging(true);
	race_point();
	klp_for_each_task(klp_flag_task);
	/*
	 * Running user tasks pass their exit loop, and idle CPUs pass their idle loop.  A task
	 * that was leaving its CPU without having seen its flag has left the CPU after this
	 * round: see the head of this file.
	 */
	smp_sync_core();
	klp_for_each_task(klp_look_at_task);
	klp_nudge_start();
	klp_sysfs_changed(klp_transition_patch);
	/* If all tasks have arrived, the caller completes: see klp_complete_if_done(). */
	klp_count_starter(false);
}

/* ---- completion -------------------------------------------------------------- */

static void klp_reset_states(void)
{
	klp_end_states();
	klp_for_each_task(klp_reset_state);
}

static void klp_unpatch_objects(struct klp_patch *patch)
{
	struct klp_object *obj;

	klp_for_each_object(patch, obj)
		if (obj->patched)
			klp_unpatch_object(obj);
}

/* Replaced patches leave the hooks first, so that each nop is the last version on its hook. */
static void klp_unpatch_replaced(struct klp_patch *new)
{
	struct klp_patch *old;

	list_for_each_entry(old, &klp_patches, list) {
		if (old == new)
			return;
		old->enabled = false;
		klp_unpatch_objects(old);
		klp_sysfs_changed(old);
	}
}

static void klp_call_post_callbacks(struct klp_patch *patch, int target)
{
	struct klp_object *obj;

	klp_for_each_object(patch, obj) {
		if (!klp_object_loaded(obj))
			continue;
		if (target == KLP_TRANSITION_PATCHED)
			klp_post_patch_callback(obj);
		else
			klp_post_unpatch_callback(obj);
	}
}

/*
 * Both functions end with klp_hooks_sync().  Its first round comes when no slot leads to a
 * selector any more, and the round rewinds each CPU that is still in a selector.  When
 * klp_hooks_sync() returns, no CPU will act on a transition flag or a state that it read in a
 * selector.
 */
static void klp_settle_patched(struct klp_patch *patch)
{
	if (patch->replace) {
		klp_unpatch_replaced(patch);
		klp_discard_nops(patch);
	}
	/* All tasks have state 1: with or without its flag, a selector picks the newest version. */
	klp_set_transition_flags(patch, false);
	klp_hooks_sync();
}

static void klp_settle_unpatched(struct klp_patch *patch)
{
	race_point();
	klp_unpatch_objects(patch);
	klp_hooks_sync();
	/*
	 * Barrier E: the flags are cleared after the rounds of klp_hooks_sync().  A selector
	 * that held a popped version and found its flag cleared would run the removed version.
	 */
	klp_note_barrier('E');
	klp_set_transition_flags(patch, false);
}

static void klp_complete_transition(void)
{
	struct klp_patch *patch = klp_transition_patch;
	int target = klp_target_state;

	assert_mutex_held(&klp_mutex);
	klp_nudge_stop();
	klp_note_step(TRACE_KLP_COMPLETING);
	pr_debug("'%s': completing %s transition\n", patch->mod->name, klp_direction(target));
	if (target == KLP_TRANSITION_PATCHED)
		klp_settle_patched(patch);
	else
		klp_settle_unpatched(patch);
	/* Barrier F: before this point a selector could have read a state. */
	klp_note_barrier('F');
	klp_reset_states();
	klp_ranges_clear();
	klp_call_post_callbacks(patch, target);
	pr_notice("'%s': %s complete\n", patch->mod->name, klp_direction(target));
	klp_note_step(TRACE_KLP_COMPLETE);
	trace_klp_around(false);
	klp_target_state = KLP_TRANSITION_IDLE;
	WRITE_ONCE(klp_transition_patch, NULL);
	klp_sysfs_changed(patch);
}

void klp_complete_if_done(void)
{
	struct klp_patch *patch = klp_transition_patch;
	int target = klp_target_state;

	assert_mutex_held(&klp_mutex);
	if (!patch || !klp_all_arrived())
		return;
	klp_complete_transition();
	klp_settle_patches(patch, target);
}

static void klp_complete_work_fn(struct work_struct *work)
{
	mutex_lock(&klp_mutex);
	klp_complete_if_done();
	mutex_unlock(&klp_mutex);
}

static DECLARE_WORK(klp_complete_work, klp_complete_work_fn);

void __init klp_transition_init(void)
{
	klp_set_complete_work(&klp_complete_work);
}

/* Enabling failed before any task was flagged.  All have state 0, so completion is immediate. */
void klp_cancel_transition(void)
{
	assert_mutex_held(&klp_mutex);
	pr_debug("'%s': canceling patching transition, going to unpatch\n",
		 klp_transition_patch->mod->name);
	klp_target_state = KLP_TRANSITION_UNPATCHED;
	klp_complete_transition();
}

/* ---- reversal and force ------------------------------------------------------- */

void klp_reverse_transition(void)
{
	struct klp_patch *patch = klp_transition_patch;

	assert_mutex_held(&klp_mutex);
	pr_debug("'%s': reversing transition from %s to %s\n", patch->mod->name,
		 klp_direction(klp_target_state), klp_direction(!klp_target_state));
	klp_note_step(TRACE_KLP_REVERSE);
	klp_nudge_stop();
	klp_set_flagging(false);
	klp_for_each_task(klp_unflag_task);
	patch->enabled = !patch->enabled;
	klp_flip_target();
	/*
	 * Barrier D: a task that sees its new flag reads the new target.  A task that cleared
	 * its old flag has written its state when the round of klp_ranges_set() is over, which
	 * is before the new flags are set.  It wrote the old target, or the new target, which
	 * is then the set it uses already.
	 */
	smp_wmb();
	klp_note_barrier('D');
	klp_start_transition();
	klp_complete_if_done();
}

/*
 * After force a task may return into the functions that are being left, at any later time.  So
 * the memory of the patches with these functions is never freed.  Enabling a patch beside
 * others leaves only functions of the kernel, which stay anyway, and marks no patch.
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
	klp_note_step(TRACE_KLP_FORCED);
	pr_warn("forcing remaining tasks to the patched state\n");
	/* Again: a child may be born behind the walk, of a parent that the walk had not met. */
	do
		klp_for_each_task(klp_force_task);
	while (klp_any_pending());
	klp_mark_forced(klp_transition_patch);
}

EXPORT_SYMBOL(klp_transition_running);
