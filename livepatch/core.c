// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Enabling and disabling patches: checks, preparation, and the life of
 * a patch from klp_enable_patch() until its module may go.
 *
 * Decode, then perform: klp_prepare_patch() finds everything that can be wrong and
 * reserves everything that is needed; klp_perform_enable() then acts, and only a
 * pre_patch callback, or hooks that the administrator has switched off, can still stop
 * it.
 *
 *	           klp_enable_patch()                  write 0, or replaced
 *	(nothing) --------------------> on klp_patches --------------------> on klp_leaving
 *	                                one module reference                 free_work: directory
 *	                                held                                 gone, reference put
 *
 * A patch is on one of the two lists as long as the core uses anything of it.  So these
 * lists, and never a field of the patch, say whether it may be enabled: a module can
 * call klp_enable_patch() at any time and as often as it likes.  One that was forced stays on
 * klp_leaving for good: some task may still be in it, and would be overlooked if it came back.
 *
 * Lock: klp_mutex, held over callbacks.  It is never held while the directory is
 * removed, since removal waits for methods of its files, which take it.
 */
#include "internal.h"
#include <neurath/export.h>
#include <neurath/init.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/string.h>

DEFINE_MUTEX_RANK(klp_mutex, RANK_KLP);
LIST_HEAD(klp_patches);
LIST_HEAD(klp_leaving);

static void klp_free_work_fn(struct work_struct *work);

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
	if (mod && (mod->klp_alive || MUTANT(ALIVE_IGNORED)))
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
			error = klp_relocate_object(patch, obj);
			if (!error)
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
	INIT_WORK(&patch->free_work, klp_free_work_fn);
	patch->enabled = false;
	patch->forced = false;
	patch->dir = NULL;
	klp_for_each_object_static(patch, obj)
		klp_init_object(patch, obj);
	error = klp_check_objects(patch);
	if (!error && patch->replace && !MUTANT(NO_NOPS))
		error = klp_add_nops(patch);
	if (!error)
		error = klp_resolve_patch(patch);
	if (error)
		return error;
	error = klp_sysfs_add(patch);
	if (error)
		pr_err("cannot create the files of patch '%s' (%d)\n", patch->mod->name, error);
	return error;
}

/*
 * Gives back everything that klp_prepare_patch() took, and the reference on the module; the
 * patch is on klp_leaving, and its functions on no hook.  Not under klp_mutex: files of the
 * directory take it.
 */
static void klp_release_patch(struct klp_patch *patch)
{
	struct klp_object *obj;

	if (MUTANT(PUT_BEFORE_GONE) && !patch->forced) {
		module_put(patch->mod);
		msleep(1);	/* others run now, as they might at any time */
	}
	klp_sysfs_remove(patch);
	mutex_lock(&klp_mutex);
	klp_for_each_object(patch, obj)
		klp_unresolve_object(obj);
	klp_free_nops(patch);
	klp_hooks_reap();
	if (!patch->forced || MUTANT(FORCED_FREED))
		list_del_init(&patch->list);
	/* The patch lies in the module: not touched after this. */
	if ((!patch->forced && !MUTANT(PUT_BEFORE_GONE)) || MUTANT(FORCED_FREED))
		module_put(patch->mod);
	mutex_unlock(&klp_mutex);
	module_wake_waiters();
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
		error = klp_patch_object(obj);
		if (error) {
			pr_warn("failed to patch object '%s'\n", klp_object_name(obj));
			return error;
		}
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
		list_del(&patch->list);
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
	if (error)
		list_add_tail(&patch->list, &klp_leaving);
	mutex_unlock(&klp_mutex);
	if (error)
		klp_release_patch(patch);
	return error;

out_unlock:
	mutex_unlock(&klp_mutex);
	return error;
}

int klp_disable_patch(struct klp_patch *patch)
{
	assert_mutex_held(&klp_mutex);
	if (WARN_ON(!patch->enabled))
		return -EINVAL;
	if (klp_transition_patch)
		return -EBUSY;
	klp_init_transition(patch, KLP_TRANSITION_UNPATCHED);
	klp_call_pre_unpatch(patch);
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
	klp_release_patch(container_of(work, struct klp_patch, free_work));
}

void klp_free_patch_async(struct klp_patch *patch)
{
	assert_mutex_held(&klp_mutex);
	list_del(&patch->list);
	list_add_tail(&patch->list, &klp_leaving);
	schedule_work(&patch->free_work);
}

void klp_settle_patches(struct klp_patch *patch, int target)
{
	struct klp_patch *old, *next;

	assert_mutex_held(&klp_mutex);
	module_wake_waiters();		/* by force or by being turned round, it may stay now */
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
	klp_hooks_reap();
}

void klp_init(void)
{
	if (klp_stack_init())
		panic("no memory for the stack traces of live patching: "
		      "give the machine more (MEM=)");
}

EXPORT_SYMBOL(klp_enable_patch);
