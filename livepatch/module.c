/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patched modules that load after their patch and unload before it.
 *
 * klp_alive says that the coming of a module has been handled and its going has not.  It covers
 * the time between the module's list entry and these calls, so that an object is patched
 * exactly once.  A module that loads late gets all active patches in the order in which they
 * were enabled.  An error refuses the module; patches that were applied to it before are taken
 * off again.
 *
 * Everything runs under klp_mutex.
 */
#include "internal.h"
#include <neurath/module_notifier.h>
#include <neurath/string.h>

static struct klp_object *klp_find_object_of(struct klp_patch *patch, const struct module *mod)
{
	struct klp_object *obj;

	klp_for_each_object(patch, obj)
		if (klp_is_module(obj) && strcmp(obj->name, mod->name) == 0)
			return obj;
	return NULL;
}

static void klp_set_object_transition(struct klp_object *obj, bool on)
{
	struct klp_func *func;

	klp_for_each_func(obj, func)
		WRITE_ONCE(func->version.transition, on);
}

struct module *klp_find_alive_module(const char *name)
{
	unsigned long flags = irq_save();
	struct module *mod = find_module(name);

	assert_mutex_held(&klp_mutex);
	if (mod && !mod->klp_alive)
		mod = NULL;
	irq_restore(flags);
	return mod;
}

/* The forbidden ranges depend on the set of patched objects. */
static void klp_refresh_ranges(struct klp_patch *patch)
{
	if (patch == klp_transition_patch)
		klp_ranges_set(patch, klp_target_state);
}

static void klp_object_lost(struct klp_patch *patch, struct klp_object *obj)
{
	klp_unresolve_object(obj);
	klp_hooks_reap();
	klp_clear_object(patch, obj);
	obj->mod = NULL;
}

static void klp_revert_object(struct klp_patch *patch, struct klp_object *obj)
{
	if (patch != klp_transition_patch)
		klp_pre_unpatch_callback(obj);
	pr_notice("reverting patch '%s' on unloading module '%s'\n", patch->mod->name,
		  obj->name);
	klp_unpatch_object(obj);
	klp_hooks_sync();
	klp_refresh_ranges(patch);
	klp_post_unpatch_callback(obj);
	klp_object_lost(patch, obj);
}

/* Takes @mod out of all patches that precede @limit (NULL = all). */
static void klp_cleanup_module(struct module *mod, struct klp_patch *limit)
{
	struct klp_patch *patch;
	struct klp_object *obj;

	list_for_each_entry(patch, &klp_patches, list) {
		if (patch == limit)
			return;
		obj = klp_find_object_of(patch, mod);
		if (obj && obj->mod)
			klp_revert_object(patch, obj);
	}
}

static int klp_apply_to_module(struct klp_patch *patch, struct klp_object *obj, struct module *mod)
{
	int error;

	obj->mod = mod;
	error = klp_check_target(patch, obj);
	if (!error)
		error = klp_relocate_object(patch, obj);
	if (!error)
		error = klp_resolve_object(patch, obj);
	if (error) {
		pr_warn("failed to initialize patch '%s' for module '%s' (%d)\n",
			patch->mod->name, mod->name, error);
		klp_object_lost(patch, obj);
		return error;
	}
	pr_notice("applying patch '%s' to loading module '%s'\n", patch->mod->name, mod->name);
	error = klp_pre_patch_callback(obj);
	if (error) {
		pr_warn("pre-patch callback failed for object '%s'\n", obj->name);
		klp_object_lost(patch, obj);
		return error;
	}
	/* In a transition the state of each task decides from the first call on. */
	klp_set_object_transition(obj, patch == klp_transition_patch);
	error = klp_patch_object(obj);
	if (error) {
		pr_warn("failed to apply patch '%s' to module '%s' (%d)\n", patch->mod->name,
			mod->name, error);
		klp_post_unpatch_callback(obj);
		klp_object_lost(patch, obj);
		return error;
	}
	klp_refresh_ranges(patch);
	if (patch != klp_transition_patch)
		klp_post_patch_callback(obj);
	return 0;
}

static int klp_module_coming(struct module *mod)
{
	struct klp_patch *patch;
	struct klp_object *obj;
	int error = 0;

	if (WARN_ON(mod->state != MODULE_STATE_COMING))
		return -EINVAL;
	if (strcmp(mod->name, "vmlinux") == 0) {
		pr_err("vmlinux.ko: invalid module name\n");
		return -EINVAL;
	}
	if (klp_is_in_callback(mod->name))
		return -EDEADLK;
	mutex_lock(&klp_mutex);
	mod->klp_alive = true;
	list_for_each_entry(patch, &klp_patches, list) {
		obj = klp_find_object_of(patch, mod);
		if (!obj)
			continue;
		error = klp_apply_to_module(patch, obj, mod);
		if (error) {
			pr_warn("patch '%s' failed for module '%s', refusing to load module '%s'\n",
				patch->mod->name, mod->name, mod->name);
			mod->klp_alive = false;
			klp_cleanup_module(mod, patch);
			break;
		}
	}
	mutex_unlock(&klp_mutex);
	return error;
}

static bool klp_module_is_leaving(const char *name)
{
	struct klp_patch *patch;
	bool leaving = false;

	mutex_lock(&klp_mutex);
	list_for_each_entry(patch, &klp_leaving, list)
		leaving = leaving || (!patch->forced && strcmp(patch->mod->name, name) == 0);
	patch = klp_transition_patch;
	if (patch && klp_target_state == KLP_TRANSITION_UNPATCHED && !patch->forced &&
	    strcmp(patch->mod->name, name) == 0)
		leaving = true;
	mutex_unlock(&klp_mutex);
	return leaving;
}

static void klp_module_say_why_held(const char *name)
{
	struct klp_patch *patch;

	mutex_lock(&klp_list_mutex);
	list_for_each_entry(patch, &klp_patches, list)
		if (strcmp(patch->mod->name, name) == 0 && READ_ONCE(patch->enabled))
			pr_notice("module %s is in use: its patch is enabled; write 0 to "
				  "/sys/kernel/livepatch/%s/enabled, and wait until that is "
				  "gone (rmmod -w)\n", name, name);
	list_for_each_entry(patch, &klp_leaving, list)
		if (strcmp(patch->mod->name, name) == 0 && READ_ONCE(patch->forced))
			pr_notice("module %s is in use until reboot: its patch was forced, and "
				  "some task may still run it\n", name);
	mutex_unlock(&klp_list_mutex);
}

static void klp_module_going(struct module *mod)
{
	if (WARN_ON(mod->state != MODULE_STATE_GOING && mod->state != MODULE_STATE_COMING))
		return;
	mutex_lock(&klp_mutex);
	mod->klp_alive = false;
	klp_cleanup_module(mod, NULL);
	mutex_unlock(&klp_mutex);
}

MODULE_NOTIFIER(klp_notifier) = {
	.relocate = klp_module_relocate,
	.coming = klp_module_coming,
	.going = klp_module_going,
	.is_leaving = klp_module_is_leaving,
	.say_why_held = klp_module_say_why_held,
};
