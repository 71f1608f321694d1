// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What makes a patch refusable before anything is done for it, in the order in which
 * klp_enable_patch() asks:
 *
 *	klp_check_patch()		the call		no lock
 *	klp_check_against_others()	the other patches	klp_mutex
 *	klp_check_objects()		its own structure	no lock
 *
 * Each refusal is one log line.  Nothing is written: not to the patch either, which
 * may be the one that is enabled at the moment.
 */
#include "internal.h"
#include <neurath/string.h>

/* What makes the call itself wrong; the rest of the structure is klp_check_objects()'s. */
int klp_check_patch(const struct klp_patch *patch)
{
	const struct klp_object *obj;

	if (!patch || !patch->mod || !patch->objs) {
		pr_err("a patch needs mod and objs\n");
		return -EINVAL;
	}
	klp_for_each_object_static(patch, obj) {
		if (!obj->funcs) {
			pr_err("object '%.64s' of patch '%s' needs a list of functions, "
			       "if only an empty one\n", klp_object_name(obj), patch->mod->name);
			return -EINVAL;
		}
	}
	if (!is_livepatch_module(patch->mod) && !MUTANT(UNMARKED_TAKEN)) {
		pr_err("module %s is not marked as a livepatch module\n", patch->mod->name);
		return -EINVAL;
	}
	return 0;
}

/* Positions 0 and 1 name the same symbol. */
bool klp_same_symbol(const struct klp_func *a, const struct klp_func *b)
{
	return strcmp(a->old_name, b->old_name) == 0 &&
	       max(a->old_sympos, 1UL) == max(b->old_sympos, 1UL);
}

bool klp_same_object(const struct klp_object *a, const struct klp_object *b)
{
	return a->name == b->name || (a->name && b->name && strcmp(a->name, b->name) == 0);
}

/* Looks only at the functions before @func, which have been checked. */
static int klp_check_func(const struct klp_object *obj, const struct klp_func *func)
{
	const struct klp_func *other;

	if (!func->old_name || !func->new_func || strlen(func->old_name) >= KSYM_NAME_LEN) {
		pr_err("function '%.64s' of object '%s' needs new_func, "
		       "and a name shorter than %d\n", func->old_name ? func->old_name : "?",
		       klp_object_name(obj), KSYM_NAME_LEN);
		return -EINVAL;
	}
	for (other = obj->funcs; other < func; other++) {
		if (klp_same_symbol(other, func) && !MUTANT(LISTED_TWICE)) {
			pr_err("function '%s' of object '%s' is listed twice\n", func->old_name,
			       klp_object_name(obj));
			return -EEXIST;
		}
	}
	return 0;
}

static int klp_check_object(const struct klp_patch *patch, const struct klp_object *obj)
{
	const struct klp_object *other;
	const struct klp_func *func;
	int error;

	if (obj->name && strlen(obj->name) >= MODULE_NAME_LEN) {
		pr_err("object '%.64s' needs a name shorter than %d\n", obj->name, MODULE_NAME_LEN);
		return -EINVAL;
	}
	for (other = patch->objs; other < obj; other++) {
		if (klp_same_object(other, obj)) {
			pr_err("object '%s' of patch '%s' is listed twice\n", klp_object_name(obj),
			       patch->mod->name);
			return -EEXIST;
		}
	}
	klp_for_each_func_static(obj, func) {
		error = klp_check_func(obj, func);
		if (error)
			return error;
	}
	return 0;
}

int klp_check_objects(const struct klp_patch *patch)
{
	const struct klp_object *obj;
	int error;

	klp_for_each_object_static(patch, obj) {
		error = klp_check_object(patch, obj);
		if (error)
			return error;
	}
	return klp_check_relocs(patch);
}

bool klp_patch_is_active(const struct klp_patch *patch)
{
	struct klp_patch *other;

	assert_mutex_held(&klp_mutex);
	list_for_each_entry(other, &klp_patches, list)
		if (other == patch)
			return true;
	return false;
}

/* A patch is known by the name of its module: there is one of each name. */
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

	assert_mutex_held(&klp_mutex);
	if (klp_transition_patch && !MUTANT(BUSY_IGNORED)) {
		pr_err("patch '%s': the transition of '%s' is not complete; "
		       "wait for it or reverse it\n", name, klp_transition_patch->mod->name);
		return -EBUSY;
	}
	if (klp_patch_is_active(patch) && !MUTANT(ENABLED_TWICE)) {
		pr_err("patch '%s' is enabled already\n", name);
		return -EINVAL;
	}
	if (!klp_is_patch_compatible(patch)) {
		pr_err("Livepatch patch (%s) is not compatible with the already "
		       "installed livepatches.\n", name);
		return -EINVAL;
	}
	if (klp_find_patch_of(&klp_patches, patch->mod) ||
	    klp_find_patch_of(&klp_leaving, patch->mod)) {
		pr_err("another patch of module %s is enabled, or still going away (for ever, "
		       "if it was forced)\n", name);
		return -EEXIST;
	}
	return 0;
}
