// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Enabling and disabling patches: checks, preparation, and the life of
 * a patch from klp_enable_patch() until its module may go.
 *
 * Decode, then perform: klp_prepare_patch() finds everything that can be wrong and
 * reserves everything that is needed; klp_perform_enable() then acts, and only a
 * pre_patch callback can still stop it.
 *
 *	           klp_enable_patch()                  write 0, or replaced
 *	(nothing) --------------------> on klp_patches --------------------> free_work
 *	                                one module reference                 directory gone,
 *	                                held                                 reference put
 *
 * Lock: klp_mutex, held over callbacks.  It is never held while the directory is
 * removed, since removal waits for methods of its files, which take it.
 */
#include "internal.h"
#include <neurath/export.h>
#include <neurath/init.h>
#include <neurath/mm.h>
#include <neurath/string.h>

DEFINE_MUTEX_RANK(klp_mutex, RANK_KLP);
LIST_HEAD(klp_patches);

static void klp_free_work_fn(struct work_struct *work);

/* ---- checks before anything is done -------------------------------------------- */

static int klp_check_func(const struct klp_object *obj, const struct klp_func *func)
{
	if (func->old_name && func->new_func && strlen(func->old_name) < KSYM_NAME_LEN)
		return 0;
	pr_err("function '%.64s' of object '%.64s' needs old_name and new_func\n",
	       func->old_name ? func->old_name : "?", klp_object_name(obj));
	return -EINVAL;
}

static int klp_check_object(const struct klp_object *obj)
{
	const struct klp_func *func;
	int error;

	if (!obj->funcs || (obj->name && strlen(obj->name) >= MODULE_NAME_LEN)) {
		pr_err("object '%.64s' needs a list of functions, and a name shorter than %d\n",
		       klp_object_name(obj), MODULE_NAME_LEN);
		return -EINVAL;
	}
	klp_for_each_func_static(obj, func) {
		error = klp_check_func(obj, func);
		if (error)
			return error;
	}
	return 0;
}

static int klp_check_patch(const struct klp_patch *patch)
{
	const struct klp_object *obj;
	int error;

	if (!patch || !patch->mod || !patch->objs) {
		pr_err("a patch needs mod and objs\n");
		return -EINVAL;
	}
	klp_for_each_object_static(patch, obj) {
		error = klp_check_object(obj);
		if (error)
			return error;
	}
	if (!is_livepatch_module(patch->mod)) {
		pr_err("module %s is not marked as a livepatch module\n", patch->mod->name);
		return -EINVAL;
	}
	return 0;
}

static int klp_check_against_others(struct klp_patch *patch)
{
	struct klp_patch *other;

	if (klp_transition_patch) {
		pr_err("patch '%s': the transition of '%s' is not complete; wait for it or reverse it\n",
		       patch->mod->name, klp_transition_patch->mod->name);
		return -EBUSY;
	}
	list_for_each_entry(other, &klp_patches, list) {
		if (other == patch) {
			pr_err("patch '%s' is enabled already\n", patch->mod->name);
			return -EINVAL;
		}
	}
	if (!klp_is_patch_compatible(patch)) {
		pr_err("Livepatch patch (%s) is not compatible with the already installed livepatches.\n",
		       patch->mod->name);
		return -EINVAL;
	}
	return 0;
}

/* ---- lists of objects and functions ---------------------------------------------- */

void klp_init_func(struct klp_object *obj, struct klp_func *func)
{
	func->version = (struct hook_version){ 0 };
	func->hook = NULL;
	func->dir = NULL;
	func->old_func = 0;
	func->patched = false;
	list_add_tail(&func->node, &obj->func_list);
}

void klp_init_object(struct klp_patch *patch, struct klp_object *obj)
{
	struct klp_func *func;

	INIT_LIST_HEAD(&obj->func_list);
	obj->mod = NULL;
	obj->dir = NULL;
	obj->patched = false;
	obj->callbacks.post_unpatch_enabled = false;
	if (obj->funcs)
		klp_for_each_func_static(obj, func)
			klp_init_func(obj, func);
	list_add_tail(&obj->node, &patch->obj_list);
}

/* ---- prepare --------------------------------------------------------------------- */

/*
 * The target module if it is there and its coming has been handled.  No reference is
 * taken: a patch never keeps its target from unloading, and going needs klp_mutex.
 */
static void klp_find_object_module(struct klp_object *obj)
{
	unsigned long flags;
	struct module *mod;

	if (!klp_is_module(obj))
		return;
	flags = irq_save();
	mod = find_module(obj->name);
	if (mod && mod->klp_alive)
		obj->mod = mod;
	irq_restore(flags);
}

static int klp_resolve_patch(struct klp_patch *patch)
{
	struct klp_object *obj;
	struct klp_func *func;
	unsigned nr_funcs = 0;
	int error;

	klp_for_each_object(patch, obj) {
		klp_find_object_module(obj);
		if (klp_object_loaded(obj)) {
			error = klp_resolve_object(obj);
			if (error)
				return error;
		}
		klp_for_each_func(obj, func)
			nr_funcs++;
	}
	return klp_ranges_reserve(nr_funcs);
}

static int klp_prepare_patch(struct klp_patch *patch)
{
	struct klp_object *obj;
	int error;

	INIT_LIST_HEAD(&patch->obj_list);
	INIT_LIST_HEAD(&patch->list);
	INIT_WORK(&patch->free_work, klp_free_work_fn);
	patch->enabled = false;
	patch->forced = false;
	patch->dir = NULL;
	klp_for_each_object_static(patch, obj)
		klp_init_object(patch, obj);
	error = patch->replace ? klp_add_nops(patch) : 0;
	if (!error)
		error = klp_resolve_patch(patch);
	if (!error)
		error = klp_sysfs_add(patch);
	return error;
}

/*
 * Gives back everything that klp_prepare_patch() took; the patch is on no list and
 * its functions on no hook.  Not under klp_mutex: files of the directory take it.
 */
static void klp_release_patch(struct klp_patch *patch)
{
	struct klp_object *obj;

	klp_sysfs_remove(patch);
	mutex_lock(&klp_mutex);
	klp_for_each_object(patch, obj)
		klp_unresolve_object(obj);
	klp_free_nops(patch);
	mutex_unlock(&klp_mutex);
}

/* ---- perform ------------------------------------------------------------------------ */

static int klp_patch_objects(struct klp_patch *patch)
{
	struct klp_object *obj;
	int error;

	klp_for_each_object(patch, obj) {
		if (!klp_object_loaded(obj))
			continue;
		error = klp_pre_patch_callback(obj);
		if (error) {
			pr_warn("pre-patch callback failed for object '%s'\n",
				klp_object_name(obj));
			return error;
		}
		klp_patch_object(obj);
	}
	return 0;
}

static int klp_perform_enable(struct klp_patch *patch)
{
	int error;

	list_add_tail(&patch->list, &klp_patches);
	pr_notice("enabling patch '%s'\n", patch->mod->name);
	klp_init_transition(patch, KLP_TRANSITION_PATCHED);
	error = klp_patch_objects(patch);
	if (error) {
		pr_warn("failed to enable patch '%s'\n", patch->mod->name);
		klp_cancel_transition();
		list_del_init(&patch->list);
		return error;
	}
	patch->enabled = true;
	klp_start_transition();
	klp_complete_if_done();
	return 0;
}

int klp_enable_patch(struct klp_patch *patch)
{
	int error = klp_check_patch(patch);

	if (error)
		return error;
	mutex_lock(&klp_mutex);
	error = klp_check_against_others(patch);
	if (error)
		goto out_unlock;
	if (!try_module_get(patch->mod)) {
		error = -ENODEV;
		goto out_unlock;
	}
	error = klp_prepare_patch(patch);
	if (!error)
		error = klp_perform_enable(patch);
	mutex_unlock(&klp_mutex);
	if (error) {
		klp_release_patch(patch);
		module_put(patch->mod);
	}
	return error;

out_unlock:
	mutex_unlock(&klp_mutex);
	return error;
}

int klp_disable_patch(struct klp_patch *patch)
{
	struct klp_object *obj;

	assert_mutex_held(&klp_mutex);
	if (WARN_ON(!patch->enabled))
		return -EINVAL;
	if (klp_transition_patch)
		return -EBUSY;
	klp_init_transition(patch, KLP_TRANSITION_UNPATCHED);
	klp_for_each_object(patch, obj)
		if (obj->patched)
			klp_pre_unpatch_callback(obj);
	/*
	 * Barrier C: every slot leads to its selector before the first task can go back;
	 * through the direct jump it would still run the new version.
	 */
	if (!MUTANT(DISABLE_NO_ARM))
		klp_hooks_sync();
	patch->enabled = false;
	klp_start_transition();
	klp_complete_if_done();
	return 0;
}

/* ---- the end of a patch ----------------------------------------------------------------- */

static void klp_free_work_fn(struct work_struct *work)
{
	struct klp_patch *patch = container_of(work, struct klp_patch, free_work);
	struct module *mod = patch->mod;
	bool forced = patch->forced;

	klp_release_patch(patch);
	/* The patch lies in the module: not touched after this. */
	if (!forced)
		module_put(mod);
}

void klp_free_patch_async(struct klp_patch *patch)
{
	assert_mutex_held(&klp_mutex);
	list_del_init(&patch->list);
	schedule_work(&patch->free_work);
}

void klp_settle_patches(struct klp_patch *patch, int target)
{
	struct klp_patch *old, *next;

	assert_mutex_held(&klp_mutex);
	if (target == KLP_TRANSITION_UNPATCHED) {
		klp_free_patch_async(patch);
		return;
	}
	if (!patch->replace)
		return;
	list_for_each_entry_safe(old, next, &klp_patches, list) {
		if (old == patch)
			break;
		klp_free_patch_async(old);
	}
	klp_sysfs_remove_nops(patch);
	klp_free_nops(patch);
}

void klp_init(void)
{
	if (klp_stack_init())
		panic("no memory for the stack traces of live patching: give the machine more (MEM=)");
}

EXPORT_SYMBOL(klp_enable_patch);
