/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judgement of one task: may it change over to the target state now?
 *
 * A task may change over if it is held off the CPUs (or is current), its stack is reliable, and
 * no return address lies in a forbidden range.  A kernel thread is also judged at the end of an
 * interrupt: then the instruction at which the thread was interrupted counts as a return address.
 *
 * The forbidden ranges are the versions that the task would leave.  When a patch is enabled, these
 * are the versions that ran before each function of the patch, and all versions that a replace
 * removes; when it is disabled, the new functions.  So tasks are looked for in each version that
 * is given up, also after an earlier force.
 *
 * The forbidden ranges are computed and sorted once for each direction (livepatch/ranges.c); each
 * return address is searched in them.
 *
 * One look is one stretch with interrupts off on the looker's CPU: flag tested, target and ranges
 * read, stack walked, flag cleared, state written.  The looker does not hold klp_mutex, so
 * during the look the transition may be reversed, or be forced and followed by another one.  All
 * values that the look reads still belong to one direction, because klp_ranges_set() begins with
 * a serialising round, and no stretch with interrupts off outlasts a round:
 *
 *	direction d:	round, ranges of d, klp_flagging, flags ... flags cleared
 *	direction e:						      round, ranges of e, ...
 *
 *	The flag was set in d (klp_flagging goes on and off with each direction), so its
 *	reader finds the ranges of d or later ones.  It cannot find later ones: these are
 *	published after the round of e, which waits for the reader.
 *
 *	If the reader clears the flag, it is still the flag of d, because the flags of e
 *	are also set after that round.  A reversal clears all flags and then flips the
 *	target, so a target that was read while the flag was set is that of d.  A target read
 *	after the flag was cleared could be that of e: a task that had changed over before,
 *	and was flagged once more by a walk with an old state (klp_flag_task()), would go
 *	back with a new function on its stack.  klp_pending counts the task until the state
 *	is written, so the transition cannot complete; and the walk that sets the flags of
 *	e, after the round, finds that state.
 *
 * An address is judged by the call it belongs to.  A call that is the very last instruction of a
 * function returns to the first byte of the next function, so the byte before the address is
 * compared.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/export.h>
#include <neurath/mm.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/sort.h>
#include <neurath/string.h>
#include "patch_stack.h"

/* A full array means "too deep": more entries fit in 16 KiB only after runaway recursion. */
#define KLP_STACK_ENTRIES	100

struct klp_range {
	unsigned long start, end;
};

struct klp_ranges {
	unsigned n, room;
	struct klp_range range[];
};

struct klp_ranges *ranges_now;
/* one row for each CPU (interrupts off) */
static unsigned long (*stack_entries)[KLP_STACK_ENTRIES];

unsigned klp_ranges_room(const struct klp_ranges *set)
{
	return set ? set->room : 0;
}

void klp_ranges_empty(struct klp_ranges *set)
{
	set->n = 0;
}

int klp_stack_init(void)
{
	stack_entries = kcalloc(nr_cpus, sizeof(*stack_entries), GFP_KERNEL);
	return stack_entries ? 0 : -ENOMEM;
}

struct klp_ranges *klp_ranges_new(unsigned room)
{
	size_t size = sizeof(struct klp_ranges) + room * sizeof(struct klp_range);
	struct klp_ranges *set = kzalloc(size, GFP_KERNEL);

	if (set)
		set->room = room;
	return set;
}

void klp_ranges_insert(struct klp_ranges *set, unsigned long start, unsigned long size)
{
	assert(set->n < set->room);
	set->range[set->n++] = (struct klp_range){ start, start + size };
}

void klp_ranges_sort(struct klp_ranges *set)
{
	sort_by_address(set->range, set->n, sizeof(set->range[0]));
}

void klp_ranges_publish(struct klp_ranges *set)
{
	/* Pairs with the acquire in judge_held_task(): a reader sees a complete set. */
	smp_store_release(&ranges_now, set);
}

/* noinline, like klp_judge_task(): tests delay a look here, after it has read the ranges. */
noinline bool ranges_hit(const struct klp_ranges *set, unsigned long addr)
{
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

enum klp_verdict judge_stack(struct task *task, const struct klp_ranges *set,
			     struct klp_judgement *out)
{
	unsigned long *entries = stack_entries[cpu_id()];
	unsigned n = KLP_STACK_ENTRIES;

	out->reason = unwind_reliable(task, entries, &n);
	out->depth = n;
	if (out->reason != UNWIND_OK)
		return KLP_UNRELIABLE;
	for (unsigned i = 0; i < n; i++) {
		/* Judges the call; the address behind it may belong to another function. */
		if (ranges_hit(set, entries[i] - 1)) {
			out->addr = entries[i];
			return KLP_BLOCKED;
		}
	}
	return KLP_CLEAR;
}

struct judge_arg {
	bool commit;
	enum trace_klp_how how;		/* for the timeline */
	struct klp_judgement *out;
};

/*
 * Callback of task_call_func(): it must not print, sleep or take scheduler locks.  Interrupts are
 * off from before the test of the flag until the state is written.
 */
static int judge_held_task(struct task *task, void *data)
{
	struct judge_arg *arg = data;
	struct klp_judgement *out = arg->out;
	int target;

	debug_assert(irqs_disabled());
	out->state = task->state;
	out->cpu = task->cpu;
	target = klp_target_of_flag(task);
	if (target == KLP_TRANSITION_IDLE) {
		out->verdict = KLP_ARRIVED;
		return 0;
	}
	if (task != current && task_running(task))
		out->verdict = KLP_RUNNING;
	else
		/* Pairs with the release in klp_ranges_publish(). */
		out->verdict = judge_stack(task, smp_load_acquire(&ranges_now), out);
	race_point();
	if (arg->commit && out->verdict == KLP_CLEAR &&
	    test_and_clear_bit(TIF_PATCH_PENDING, &task->flags)) {
		/* The task cannot run meanwhile: judgement and change of state are one step. */
		task->patch_state = target;
		out->switched = true;
		klp_note_switch(task, arg->how);
	} else if (arg->commit && trace_is_on(klp_look)) {
		trace_klp_look(task, out->verdict, out->reason, out->addr,
			       stack_entries[cpu_id()], out->depth);
	}
	return 0;
}

static void judge_current(struct judge_arg *arg)
{
	unsigned long flags = irq_save();
	u64 since = irqs_off_begin();

	judge_held_task(current, arg);
	irqs_off_end(since, "own stack");
	irq_restore(flags);
}

noinline void klp_judge_task(struct task *task, bool commit, struct klp_judgement *out)
{
	struct judge_arg arg = { .commit = commit, .how = TRACE_KLP_OWN_STACK, .out = out };

	*out = (struct klp_judgement){ .verdict = KLP_RUNNING };
	if (task == current)
		return judge_current(&arg);
	arg.how = TRACE_KLP_ASLEEP;
	task_call_func(task, judge_held_task, &arg);
}

bool klp_try_switch_task(struct task *task, struct klp_judgement *look)
{
	/* Saves a needless look, and proves nothing: the look tests the flag again. */
	if (!test_task_flag(task, TIF_PATCH_PENDING))
		return true;
	race_point();
	klp_judge_task(task, true, look);
	if (look->switched)
		klp_task_done();
	return look->verdict == KLP_CLEAR || look->verdict == KLP_ARRIVED;
}

void __klp_interrupted(void)
{
	struct klp_judgement look = { .verdict = KLP_RUNNING };
	struct judge_arg arg = { .commit = true, .how = TRACE_KLP_INTERRUPTED, .out = &look };

	debug_assert(irqs_disabled());
	judge_current(&arg);
	if (look.switched)
		klp_task_done();
}

/* Called by schedule(), its callers and cond_resched() through klp_sched_try_switch(). */
void __klp_sched_try_switch(void)
{
	struct klp_judgement look;

	klp_try_switch_task(current, &look);
}

EXPORT_SYMBOL(__klp_sched_try_switch);
