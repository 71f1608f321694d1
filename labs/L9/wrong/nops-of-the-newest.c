/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nops are added for the newest of the older patches only.  Patches that stand beside each other are all replaced, and the functions
 * of the others stay as they are.
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
