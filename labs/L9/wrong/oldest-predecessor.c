/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first patch that has the state counts as the predecessor. With three patches, the third patch takes over the
 * data of the first, and the changes of the second are lost.
 *
 * loses: P5
 */
/* splice: livepatch/state.c */
struct klp_state *klp_get_prev_state(unsigned long id)
{
	struct klp_state *state;
	struct klp_patch *patch;

	if (WARN_ON_ONCE(!klp_transition_patch))
		return NULL;
	list_for_each_entry(patch, &klp_patches, list) {
		if (patch == klp_transition_patch)
			break;
		state = klp_get_state(patch, id);
		if (state)
			return state;
	}
	return NULL;
}
