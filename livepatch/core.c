/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Enabling and disabling patches: the checks, the preparation, and the life of a patch from
 * klp_enable_patch() until its module may be unloaded.
 *
 * Decode, then perform: klp_decode_patch() (decode.c) finds errors in the structures.
 * klp_prepare_patch() clears the private fields, finds every symbol and reserves every
 * resource. klp_perform_enable() then acts; after the preparation only a pre_patch callback can
 * fail, or hooks that the administrator has turned off.
 *
 *	           klp_enable_patch()                  write 0, or replaced
 *	(nothing) --------------------> on klp_patches --------------------> on klp_leaving
 *	                                one module reference                 free_work: directory
 *	                                held                                 gone, reference put
 *
 * A patch is on one of the two lists as long as the core uses any part of it.  A module can
 * call klp_enable_patch() at any time and any number of times, so these lists, and not the
 * fields of the patch, say whether the patch may be enabled.  A forced patch stays on
 * klp_leaving permanently: a task may still run in it, and enabling the patch again would
 * overlook that task.
 * Lock: klp_mutex, held during callbacks.  It is not held while the directory of a patch is
 * removed: the removal waits for methods of the files, and these methods take klp_mutex.
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
DEFINE_MUTEX_RANK(klp_list_mutex, RANK_KLP_LIST);

static void klp_free_work_fn(struct work_struct *work);

/* The file stack_order is read without a lock. */
static void klp_number_patches(void)
{
	struct klp_patch *patch;
	unsigned n = 0;

	assert_mutex_held(&klp_mutex);
	list_for_each_entry(patch, &klp_patches, list)
		WRITE_ONCE(patch->stack_order, ++n);
}

/* Moves @patch from its list, if it is on one, to the end of @list.  NULL takes it off. */
static void klp_move_patch(struct klp_patch *patch, struct list_head *list)
{
	assert_mutex_held(&klp_mutex);
	mutex_lock(&klp_list_mutex);
	list_del_init(&patch->list);
	if (list)
		list_add_tail(&patch->list, list);
	mutex_unlock(&klp_list_mutex);
	if (list != &klp_patches)
		WRITE_ONCE(patch->stack_order, 0);
	klp_number_patches();
}

/* ---- lists of objects and functions ---------------------------------------------- */

void klp_init_func(struct klp_object *obj, struct klp_func *func, bool nop)
{
	func->version = (struct hook_version){ 0 };
	func->hook = NULL;
	func->dir = NULL;
	func->old_func = 0;
	func->old_size = 0;
	func->new_size = 0;
	func->nop = nop;
	func->patched = false;
	list_add_tail(&func->node, &obj->func_list);
}

void klp_init_object(struct klp_patch *patch, struct klp_object *obj, bool dynamic)
{
	struct klp_func *func;

	INIT_LIST_HEAD(&obj->func_list);
	obj->mod = NULL;
	obj->dir = NULL;
	obj->dynamic = dynamic;
	obj->patched = false;
	obj->callbacks.post_unpatch_enabled = false;
	if (obj->funcs)
		klp_for_each_func_static(obj, func)
			klp_init_func(obj, func, false);
	list_add_tail(&obj->node, &patch->obj_list);
}

/* ---- prepare --------------------------------------------------------------------- */

/*
 * Finds the target module if it is loaded and its coming has been handled.  Takes no reference:
 * a patch does not keep its target from unloading, and going needs klp_mutex.
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

static unsigned klp_count_funcs(struct klp_patch *patch)
{
	struct klp_object *obj;
	struct klp_func *func;
	unsigned n = 0;

	klp_for_each_object(patch, obj)
		klp_for_each_func(obj, func)
			n++;
	return n;
}

/*
 * Reserves room for all functions the transition may forbid: for a replace, those of all patches.
 */
static int klp_reserve_ranges(struct klp_patch *patch)
{
	unsigned nr_funcs = klp_count_funcs(patch);
	struct klp_patch *other;

	if (patch->replace)
		list_for_each_entry(other, &klp_patches, list)
			nr_funcs += klp_count_funcs(other);
	return klp_ranges_reserve(nr_funcs) ?: trace_klp_reserve(tasks_visible());
}

static int klp_resolve_patch(struct klp_patch *patch)
{
	struct klp_object *obj;
	int error;

	klp_for_each_object(patch, obj) {
		klp_find_object_module(obj);
		if (klp_object_loaded(obj)) {
			error = klp_check_target(patch, obj);
			if (!error)
				error = klp_relocate_object(patch, obj);
			if (!error)
				error = klp_resolve_object(patch, obj);
			if (error)
				return error;
		}
	}
	return klp_reserve_ranges(patch);
}

static int klp_prepare_patch(struct klp_patch *patch)
{
	struct klp_object *obj;
	int error = 0;

	INIT_LIST_HEAD(&patch->list);
	INIT_LIST_HEAD(&patch->obj_list);
	INIT_WORK(&patch->free_work, klp_free_work_fn);
	patch->enabled = false;
	patch->forced = false;
	patch->stack_order = 0;
	patch->dir = NULL;
	klp_for_each_object_static(patch, obj)
		klp_init_object(patch, obj, false);
	if (patch->replace)
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
 * Undoes klp_prepare_patch() and drops the reference on the module.  The patch is on
 * klp_leaving, and its functions are on no hook.  Must run without klp_mutex, which files of
 * the directory take.
 */
static void klp_release_patch(struct klp_patch *patch)
{
	char name[MODULE_NAME_LEN];
	struct klp_object *obj;

	strscpy(name, patch->mod->name, sizeof(name));
	klp_sysfs_remove(patch);
	mutex_lock(&klp_mutex);
	klp_for_each_object(patch, obj)
		klp_unresolve_object(obj);
	klp_free_nops(patch);
	klp_hooks_reap();
	if (!patch->forced)
		klp_move_patch(patch, NULL);
	/* The patch lies in the module: do not access it after this. */
	if (!patch->forced)
		module_put(patch->mod);
	mutex_unlock(&klp_mutex);
	module_wake_waiters();
	module_refcnt_changed(name);
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

	klp_move_patch(patch, &klp_patches);
	pr_notice("enabling patch '%s'\n", patch->mod->name);
	klp_init_transition(patch, KLP_TRANSITION_PATCHED);
	error = klp_patch_objects(patch);
	if (error) {
		pr_warn("failed to enable patch '%s'\n", patch->mod->name);
		klp_cancel_transition();
		klp_move_patch(patch, NULL);
		return error;
	}
	patch->enabled = true;
	klp_start_transition();
	klp_complete_if_done();
	return 0;
}

bool klp_is_in_callback(const char *module)
{
	if (!mutex_is_mine(&klp_mutex))
		return false;
	pr_err("module %s: not from a callback of a patch: patches and modules wait until it "
	       "has returned\n", module);
	return true;
}

int klp_enable_patch(struct klp_patch *patch)
{
	int error = klp_decode_patch(patch);

	if (error)
		return error;
	if (klp_is_in_callback(patch->mod->name))
		return -EDEADLK;
	mutex_lock(&klp_mutex);
	error = klp_check_against_others(patch);
	if (!error)
		error = klp_check_predecessor(patch);
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
		klp_move_patch(patch, &klp_leaving);
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
	if (klp_transition_patch || klp_has_followers(patch))
		return -EBUSY;
	klp_init_transition(patch, KLP_TRANSITION_UNPATCHED);
	klp_call_pre_unpatch(patch);
	/*
	 * Barrier C: every slot leads to its selector before the first task can change back.
	 * Through a direct jump that task would still run the new version.
	 */
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
	klp_move_patch(patch, &klp_leaving);
	schedule_work(&patch->free_work);
}

void klp_settle_patches(struct klp_patch *patch, int target)
{
	struct klp_patch *old, *next;

	assert_mutex_held(&klp_mutex);
	module_wake_waiters();		/* after force or a reversal the patch may stay */
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
	klp_transition_init();
	if (klp_stack_init())
		panic("no memory for the stack traces of live patching: "
		      "give the machine more (MEM=)");
}

EXPORT_SYMBOL(klp_enable_patch);
