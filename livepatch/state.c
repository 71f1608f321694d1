/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System states: numbered changes that patches make to the system outside of its code.  A later
 * patch can take a state over; a patch that cannot is refused.
 *
 * A patch names a state by its id; the version says how far the patch understands the state.
 * Runs under klp_mutex, which callbacks hold.
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
 * The state @id of the newest active patch that is older than the one in transition: a callback
 * takes over from this state.  Valid only during a transition.
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

/* True if @patch takes over @state, or leaves it to a patch that stays active beside it. */
static bool klp_is_state_compatible(struct klp_patch *patch, const struct klp_state *old)
{
	struct klp_state *state = klp_get_state(patch, old->id);

	if (!state)
		return !patch->replace;
	return state->version >= old->version;
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
