/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nops are added only for the newest of the older patches. All patches that are enabled beside each other are
 * replaced, and the functions of the others stay patched.
 *
 * loses: P6 P7 P10
 */
/* splice: livepatch/replace.c */
int klp_add_nops(struct klp_patch *patch)
{
	struct klp_patch *old_patch, *newest = NULL;
	struct klp_object *old;
	int error;

	list_for_each_entry(old_patch, &klp_patches, list)
		newest = old_patch;
	if (!newest)
		return 0;
	klp_for_each_object(newest, old) {
		error = klp_add_nops_for(patch, old);
		if (error)
			return error;
	}
	return 0;
}
