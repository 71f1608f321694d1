// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The judgement of one task: may it change over to the target state now?
 *
 * It may if it is held off the CPUs (or is current), its stack can be walked
 * reliably, and no return address lies in a forbidden function.  Forbidden are the
 * versions that the task would leave: when enabling, what ran before each function
 * of the patch; when disabling, the new functions.
 *
 * The forbidden ranges are computed once for each transition, sorted, and
 * searched for each return address.  Readers use them with interrupts off and no
 * lock.  There are two sets, filled in turn: between two calls of klp_ranges_set()
 * always lies a serialising round (of klp_start_transition() or of a change of
 * text), so nobody is in the set that is filled again.
 *
 * An address is judged by the call it belongs to: a call as the very last
 * instruction of a function returns to the next function's first byte, so the
 * byte before the address is what is compared.
 */
#include "internal.h"
#include <neurath/export.h>
#include <neurath/mm.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/string.h>

/*
 * A trace that fills this is "too deep": 16 KiB of stack hold far more only by runaway
 * recursion.
 */
#define KLP_STACK_ENTRIES	100

struct klp_range {
	unsigned long start, end;
};

struct klp_ranges {
	unsigned n, room;
	struct klp_range range[];
};

/* Two sets, each with the same room; the published one, or NULL outside a transition. */
static struct klp_ranges *ranges_set[2];
static unsigned ranges_spare;			/* index of the one to fill next */
static struct klp_ranges *ranges_now;		/* read with interrupts off, without a lock */
static unsigned long (*stack_entries)[KLP_STACK_ENTRIES];	/* one row a CPU, irqs off */

int klp_stack_init(void)
{
	stack_entries = kcalloc(nr_cpus, sizeof(*stack_entries), GFP_KERNEL);
	return stack_entries ? 0 : -ENOMEM;
}

int klp_ranges_reserve(unsigned nr_funcs)
{
	assert_mutex_held(&klp_mutex);
	assert(!ranges_now);
	for (unsigned i = 0; i < 2; i++) {
		struct klp_ranges *set = ranges_set[i];

		if (set && set->room >= nr_funcs)
			continue;
		set = kzalloc(sizeof(*set) + nr_funcs * sizeof(struct klp_range), GFP_KERNEL);
		if (!set)
			return -ENOMEM;
		set->room = nr_funcs;
		/* Who read it with interrupts off before it was withdrawn is gone after this. */
		smp_sync_core();
		kfree(ranges_set[i]);
		ranges_set[i] = set;
	}
	return 0;
}

static void ranges_insert(struct klp_ranges *set, unsigned long start, unsigned long size)
{
	unsigned i = set->n++;

	assert(i < set->room);
	for (; i > 0 && set->range[i - 1].start > start; i--)
		set->range[i] = set->range[i - 1];
	set->range[i] = (struct klp_range){ start, start + size };
}

static void ranges_add_func(struct klp_ranges *set, const struct klp_func *func, int target)
{
	unsigned long start, size;

	if (target == KLP_TRANSITION_PATCHED) {
		klp_hook_below(func, &start, &size);
	} else {
		start = func->nop ? func->old_func : (unsigned long)func->new_func;
		size = func->nop ? func->old_size : func->new_size;
	}
	ranges_insert(set, start, size);
}

void klp_ranges_set(struct klp_patch *patch, int target)
{
	struct klp_ranges *set = ranges_set[ranges_spare];
	struct klp_object *obj;
	struct klp_func *func;

	assert_mutex_held(&klp_mutex);
	if (MUTANT(STALE_RANGES) && ranges_now)
		return;
	set->n = 0;
	klp_for_each_object(patch, obj) {
		if (!obj->patched)
			continue;
		klp_for_each_func(obj, func)
			ranges_add_func(set, func, target);
	}
	/* Pairs with the acquire in ranges_hit(): readers see a complete set. */
	smp_store_release(&ranges_now, set);
	ranges_spare = !ranges_spare;
}

void klp_ranges_clear(void)
{
	assert_mutex_held(&klp_mutex);
	WRITE_ONCE(ranges_now, NULL);
}

static bool ranges_hit(unsigned long addr)
{
	/* Pairs with the release in klp_ranges_set(). */
	const struct klp_ranges *set = smp_load_acquire(&ranges_now);
	unsigned low = 0, high = set ? set->n : 0;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (addr < set->range[mid].start)
			high = mid;
		else if (addr >= set->range[mid].end)
			low = mid + 1;
		else
			return true;
	}
	return false;
}

/* Interrupts are off; @task is current, or held by task_call_func(). */
static enum klp_verdict judge_stack(struct task *task, struct klp_judgement *out)
{
	unsigned long *entries = stack_entries[cpu_id()];
	unsigned n = KLP_STACK_ENTRIES;

	out->reason = unwind_reliable(task, entries, &n);
	if (out->reason != UNWIND_OK && !MUTANT(UNRELIABLE_TAKEN))
		return KLP_UNRELIABLE;
	for (unsigned i = 0; i < n; i++) {
		/* The call, not what follows it: that may be another function already. */
		if (ranges_hit(entries[i] - !MUTANT(RETURN_JUDGED))) {
			out->addr = entries[i];
			return KLP_BLOCKED;
		}
	}
	return KLP_CLEAR;
}

struct judge_arg {
	bool commit;
	struct klp_judgement *out;
};

/* Callback of task_call_func(): no printing, no sleeping, no scheduler locks in here. */
static int judge_held_task(struct task *task, void *data)
{
	struct judge_arg *arg = data;
	struct klp_judgement *out = arg->out;

	out->state = task->state;
	out->cpu = task->cpu;
	if (task != current && task_running(task) && !MUTANT(LOOK_AT_RUNNING))
		out->verdict = KLP_RUNNING;
	else if (MUTANT(NO_STACK_CHECK) || (MUTANT(SELF_UNCHECKED) && task == current) ||
		 (MUTANT(LOOK_AT_RUNNING) && task_running(task)))
		out->verdict = KLP_CLEAR;
	else
		out->verdict = judge_stack(task, out);
	if (arg->commit && out->verdict == KLP_CLEAR &&
	    test_and_clear_bit(TIF_PATCH_PENDING, &task->flags)) {
		/* It cannot run meanwhile: check and switch are one step. */
		task->patch_state = READ_ONCE(klp_target_state);
		out->switched = true;
	}
	return 0;
}

void klp_judge_task(struct task *task, bool commit, struct klp_judgement *out)
{
	struct judge_arg arg = { .commit = commit, .out = out };
	unsigned long flags;
	u64 since;

	*out = (struct klp_judgement){ .verdict = KLP_RUNNING };
	if (task != current) {
		task_call_func(task, judge_held_task, &arg);
		return;
	}
	flags = irq_save();
	since = irqs_off_begin();
	judge_held_task(task, &arg);
	irqs_off_end(since, "own stack");
	irq_restore(flags);
}

bool klp_try_switch_task(struct task *task, struct klp_judgement *look)
{
	if (!test_task_flag(task, TIF_PATCH_PENDING))
		return true;
	race_point();
	klp_judge_task(task, true, look);
	if (look->switched)
		klp_task_done();
	return look->verdict == KLP_CLEAR;
}

/* Called by schedule(), its callers and cond_resched() through klp_sched_try_switch(). */
void __klp_sched_try_switch(void)
{
	struct klp_judgement look;

	klp_try_switch_task(current, &look);
}

EXPORT_SYMBOL(__klp_sched_try_switch);
