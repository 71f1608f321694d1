/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forbidden ranges of a transition: the text of the versions that tasks leave.
 *
 * When a patch is enabled, these are the versions that ran before each function of the patch,
 * and all versions that a replace removes.  When it is disabled, they are the new functions.
 * So tasks are looked for in each version that is given up, also after an earlier force.
 *
 * There are two sets, used in turn.  The serialising round of klp_ranges_set() ensures that no
 * look still reads the set that is filled again: see kernel/sched/patch_stack.c.
 */
#include "internal.h"
#include <neurath/arch.h>
#include <neurath/errno.h>
#include <neurath/mm.h>

static struct klp_ranges *ranges_set[2];	/* both have the same room */
static unsigned ranges_spare;			/* index of the set to fill next */
static bool ranges_published;			/* a look may read the other set */

int klp_ranges_reserve(unsigned nr_funcs)
{
	assert_mutex_held(&klp_mutex);
	assert(!ranges_published);
	for (unsigned i = 0; i < 2; i++) {
		struct klp_ranges *set = ranges_set[i];

		if (klp_ranges_room(set) >= nr_funcs)
			continue;
		set = klp_ranges_new(nr_funcs);
		if (!set)
			return -ENOMEM;
		/* After this round every look that began before the set was withdrawn is over. */
		smp_sync_core();
		kfree(ranges_set[i]);
		ranges_set[i] = set;
	}
	return 0;
}

static void ranges_add(struct klp_ranges *set, const struct klp_func *func,
		       const struct hook_version *version)
{
	unsigned long start, size;

	klp_hook_range(func, version, &start, &size);
	klp_ranges_insert(set, start, size);
}

/*
 * Enabling leaves the version below.  A replace also gives up the versions below that one, and
 * after a force a task may be in any of them.  The original is never given up.
 */
static void ranges_add_left(struct klp_ranges *set, const struct klp_func *func, bool replace)
{
	const struct hook_version *version = func->version.below;

	ranges_add(set, func, version);
	if (!replace || version == &func->hook->original)
		return;
	for (version = version->below; version != &func->hook->original; version = version->below)
		ranges_add(set, func, version);
}

void klp_ranges_set(struct klp_patch *patch, int target)
{
	struct klp_ranges *set = ranges_set[ranges_spare];
	struct klp_object *obj;
	struct klp_func *func;

	assert_mutex_held(&klp_mutex);
	/* Ends each look that saw a flag of the previous direction or reads this set. */
	smp_sync_core();
	klp_ranges_empty(set);
	klp_for_each_object(patch, obj) {
		if (!obj->patched)
			continue;
		klp_for_each_func(obj, func) {
			if (!func->patched)
				continue;	/* a nop whose function has an alias in the patch */
			if (target == KLP_TRANSITION_PATCHED)
				ranges_add_left(set, func, patch->replace);
			else
				ranges_add(set, func, &func->version);
		}
	}
	klp_ranges_sort(set);
	klp_ranges_publish(set);
	ranges_published = true;
	ranges_spare = !ranges_spare;
}

void klp_ranges_clear(void)
{
	assert_mutex_held(&klp_mutex);
	klp_ranges_publish(NULL);
	ranges_published = false;
}
