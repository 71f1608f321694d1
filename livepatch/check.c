/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks a new patch against the other patches.  It is refused while another transition runs,
 * if it is active or is being released already, or if it does not understand the states of an
 * active patch.  Each refusal writes one log line.  Runs under klp_mutex and writes no data.
 */
#include "internal.h"

bool klp_patch_is_active(const struct klp_patch *patch)
{
	struct klp_patch *other;

	assert_mutex_held(&klp_mutex);
	list_for_each_entry(other, &klp_patches, list)
		if (other == patch)
			return true;
	return false;
}

/* A patch is identified by the name of its module; module names are unique. */
static struct klp_patch *klp_find_patch_of(struct list_head *list, const struct module *mod)
{
	struct klp_patch *other;

	list_for_each_entry(other, list, list)
		if (other->mod == mod)
			return other;
	return NULL;
}

int klp_check_against_others(struct klp_patch *patch)
{
	const char *name = patch->mod->name;
	const struct klp_patch *leaving;

	assert_mutex_held(&klp_mutex);
	if (klp_transition_patch) {
		pr_err("patch '%s': the transition of '%s' is not complete; "
		       "wait for it or reverse it\n", name, klp_transition_patch->mod->name);
		return -EBUSY;
	}
	if (klp_patch_is_active(patch)) {
		pr_err("patch '%s' is enabled already\n", name);
		return -EINVAL;
	}
	if (!klp_is_patch_compatible(patch)) {
		pr_err("Livepatch patch (%s) is not compatible with the already "
		       "installed livepatches.\n", name);
		return -EINVAL;
	}
	leaving = klp_find_patch_of(&klp_leaving, patch->mod);
	if (leaving && leaving->forced) {
		pr_err("a patch of module %s was forced, and some task may still run it: "
		       "it stays until reboot\n", name);
		return -EEXIST;
	}
	if (leaving || klp_find_patch_of(&klp_patches, patch->mod)) {
		pr_err("another patch of module %s is enabled, or still going away\n", name);
		return -EEXIST;
	}
	return 0;
}
