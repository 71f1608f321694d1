// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System states: numbered changes that patches make to the system beyond its code,
 * so that a later patch can take them over, and one that cannot is refused.
 *
 * A patch knows a state by its id, and how far it understands it by the version.
 * Under klp_mutex (callbacks run under it).
 */
#include "internal.h"
#include <neurath/export.h>

#define klp_for_each_state(patch, state) \
	for (state = (patch)->states; state && state->id; state++)

struct klp_state *klp_get_state(struct klp_patch *patch, unsigned long id)
{
	struct klp_state *state;

	klp_for_each_state(patch, state)
		if (state->id == id)
			return state;
	return NULL;
}

/*
 * The state @id of the newest active patch older than the one in transition: what a
 * callback takes over from.  Only while a transition runs.
 */
struct klp_state *klp_get_prev_state(unsigned long id)
{
	struct klp_state *state, *last = NULL;
	struct klp_patch *patch;

	if (WARN_ON_ONCE(!klp_transition_patch))
		return NULL;
	list_for_each_entry(patch, &klp_patches, list) {
		if (patch == klp_transition_patch)
			break;
		state = klp_get_state(patch, id);
		if (state)
			last = state;
	}
	return last;
}

/* @patch takes over @state, or leaves it to the patch that stays beside it. */
static bool klp_is_state_compatible(struct klp_patch *patch, const struct klp_state *old)
{
	struct klp_state *state = klp_get_state(patch, old->id);

	if (!state)
		return !patch->replace;
	return state->version >= old->version || MUTANT(DOWNGRADE);
}

bool klp_is_patch_compatible(struct klp_patch *patch)
{
	struct klp_patch *old_patch;
	struct klp_state *old;

	assert_mutex_held(&klp_mutex);
	list_for_each_entry(old_patch, &klp_patches, list)
		klp_for_each_state(old_patch, old)
			if (!klp_is_state_compatible(patch, old))
				return false;
	return true;
}

EXPORT_SYMBOL(klp_get_state);
EXPORT_SYMBOL(klp_get_prev_state);
