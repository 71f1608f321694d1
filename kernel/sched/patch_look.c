/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at a stack that change nothing: what would block a patch that is not enabled yet, and
 * which function that is taken back keeps a killed task.  Like every look, each is one stretch
 * with interrupts off (patch_stack.c).
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/klp_task.h>
#include <neurath/sched.h>
#include "patch_stack.h"

unsigned long klp_find_taken_back(const unsigned long *entries, unsigned n)
{
	debug_assert(irqs_disabled());
	if (klp_target_of_flag(current) != KLP_TRANSITION_UNPATCHED)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		if (ranges_hit(smp_load_acquire(&ranges_now), entries[i] - 1))
			return entries[i];
	}
	return 0;
}

struct preview_arg {
	const struct klp_ranges *set;
	struct klp_judgement *out;
};

/* Callback of task_call_func(): see judge_held_task(). */
static int preview_held_task(struct task *task, void *data)
{
	struct preview_arg *arg = data;
	struct klp_judgement *out = arg->out;

	out->state = task->state;
	out->cpu = task->cpu;
	out->verdict = task_running(task) ? KLP_RUNNING : judge_stack(task, arg->set, out);
	return 0;
}

void klp_preview_task(struct task *task, const struct klp_ranges *set, struct klp_judgement *out)
{
	struct preview_arg arg = { .set = set, .out = out };

	*out = (struct klp_judgement){ .verdict = KLP_RUNNING };
	if (task != current)
		task_call_func(task, preview_held_task, &arg);
}
