/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a report about live patches: the active patches, and the functions on the stack
 * that belong to a patch. klp_mutex protects the lists, but a report cannot wait for it.  If
 * another task holds it, the report says only that; if the machine has stopped after a panic,
 * the lists are read without it.
 */
#include "internal.h"
#include <neurath/bug.h>
#include <neurath/report.h>
#include <neurath/sysrq.h>

static void report_patches(void)
{
	struct klp_patch *patch;

	list_for_each_entry(patch, &klp_patches, list)
		pr_emerg("%s is %s%s\n", patch->mod->name,
			 patch->enabled ? "enabled" : "disabled",
			 patch == klp_transition_patch ? ", and in transition" : "");
}

/* @at belongs to the call that returns to @at. */
static void report_func(const struct klp_patch *patch, const struct klp_func *func,
			unsigned long at)
{
	if (func->nop || !func->patched)
		return;
	if (at - (unsigned long)func->new_func < func->new_size)
		pr_emerg("on the stack: %ps, the new version of %s in %s\n", (void *)at,
			 func->old_name, patch->mod->name);
	else if (at - func->old_func < func->old_size)
		pr_emerg("on the stack: the old %s, which %s replaces\n", func->old_name,
			 patch->mod->name);
}

static void report_address(unsigned long at)
{
	struct klp_patch *patch;
	struct klp_object *obj;
	struct klp_func *func;

	list_for_each_entry(patch, &klp_patches, list) {
		klp_for_each_object(patch, obj) {
			klp_for_each_func(obj, func)
				report_func(patch, func, at);
		}
	}
}

static void klp_report(const struct report *r)
{
	struct task *owner = mutex_owner(&klp_mutex);
	bool taken = !owner && mutex_trylock(&klp_mutex);

	if (!taken && owner != r->task && !panic_in_progress()) {
		pr_emerg("the list of patches is in use\n");
		return;
	}
	report_patches();
	for (unsigned i = 0; i < r->n; i++)
		if (i == 0 || r->entries[i] != r->entries[i - 1])
			report_address(r->entries[i] - 1);
	if (taken)
		mutex_unlock(&klp_mutex);
}
REPORTER(klp_reporter, klp_report);

/* ---- SysRq ---------------------------------------------------------------------------- */

static void klp_print_pending(struct task *task)
{
	if (!test_task_flag(task, TIF_PATCH_PENDING))
		return;
	pr_emerg("pending since %llu ms:\n",
		 (unsigned long long)((clock_ns() - task->klp_since_ns) / NSEC_PER_MSEC));
	if (task->on_cpu)
		pr_emerg("task %s pid %d runs on CPU %u\n", task->comm, task->pid, task->cpu);
	else
		report_task(task);
}

/* The module of a patch is freed only after a moment in which no CPU has interrupts off. */
static void klp_sysrq(void)
{
	const struct klp_patch *patch = READ_ONCE(klp_transition_patch);
	struct task_walk walk;

	if (!patch) {
		pr_emerg("no transition runs\n");
		return;
	}
	pr_emerg("%s is being %s\n", patch->mod->name,
		 klp_target_state == KLP_TRANSITION_PATCHED ? "patched" : "unpatched");
	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk))
		klp_print_pending(t);
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		klp_print_pending(idle_task(cpu));
}
SYSRQ(klp, 'x', "live patching: who has not switched", klp_sysrq);
