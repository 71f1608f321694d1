/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One object of a patch (the kernel, or a loaded module): its names are resolved to addresses
 * and hooks, its functions go on and off the hooks, its callbacks run.
 *
 * Resolving can fail for many reasons and does not write to text.  Patching fails only if the
 * administrator has turned hooks off.  Unpatching cannot fail.  Everything runs under
 * klp_mutex; callbacks may sleep.
 */
#include "internal.h"
#include <neurath/hook.h>

/* ---- callbacks ------------------------------------------------------------- */

static void klp_note_callback(const struct klp_object *obj, const char *which, bool end,
			      int result)
{
	if (trace_is_on(klp_callback))
		trace_klp_callback(klp_object_name(obj), which, end, result);
}

int klp_pre_patch_callback(struct klp_object *obj)
{
	int error = 0;

	if (obj->callbacks.pre_patch) {
		klp_note_callback(obj, "pre_patch", false, 0);
		error = obj->callbacks.pre_patch(obj);
		klp_note_callback(obj, "pre_patch", true, error);
	}
	if (error > 0) {
		/* The module loader would take a positive value for success. */
		pr_err("pre-patch callback of object '%s' returned %d: "
		       "0 or a negative errno is expected\n", klp_object_name(obj), error);
		error = -EINVAL;
	}
	obj->callbacks.post_unpatch_enabled = !error;
	return error;
}

void klp_post_patch_callback(struct klp_object *obj)
{
	if (!obj->callbacks.post_patch)
		return;
	klp_note_callback(obj, "post_patch", false, 0);
	obj->callbacks.post_patch(obj);
	klp_note_callback(obj, "post_patch", true, 0);
}

void klp_pre_unpatch_callback(struct klp_object *obj)
{
	if (!obj->callbacks.pre_unpatch)
		return;
	klp_note_callback(obj, "pre_unpatch", false, 0);
	obj->callbacks.pre_unpatch(obj);
	klp_note_callback(obj, "pre_unpatch", true, 0);
}

void klp_call_pre_unpatch(struct klp_patch *patch)
{
	struct klp_object *obj;

	klp_for_each_object(patch, obj)
		if (obj->patched)
			klp_pre_unpatch_callback(obj);
}

void klp_post_unpatch_callback(struct klp_object *obj)
{
	if (obj->callbacks.post_unpatch_enabled && obj->callbacks.post_unpatch) {
		klp_note_callback(obj, "post_unpatch", false, 0);
		obj->callbacks.post_unpatch(obj);
		klp_note_callback(obj, "post_unpatch", true, 0);
	}
	obj->callbacks.post_unpatch_enabled = false;
}

/* ---- resolution -------------------------------------------------------------- */

int klp_symbol_error(int error, const char *object, const char *name, unsigned long pos)
{
	if (error == -EEXIST)
		pr_err("unresolvable ambiguity for symbol '%s' in object '%s'\n", name, object);
	else if (error == -ERANGE)
		pr_err("symbol position %lu for symbol '%s' in object '%s' not found\n", pos, name,
		       object);
	else
		pr_err("symbol '%s' not found in symbol table\n", name);
	return -EINVAL;
}

int klp_check_target(const struct klp_patch *patch, const struct klp_object *obj)
{
	if (!klp_is_module(obj) || !is_livepatch_module(obj->mod))
		return klp_check_base(patch, obj);
	pr_err("object '%s' of patch '%s' is a livepatch module: patch the function that it "
	       "replaces, where that is, and yours will stand over it\n", obj->name,
	       patch->mod->name);
	return -EINVAL;
}

static int klp_find_old_func(struct klp_object *obj, struct klp_func *func)
{
	struct ksym sym;
	int error = ksym_find(obj->mod, func->old_name, func->old_sympos, &sym);

	if (error)
		return klp_symbol_error(error, klp_object_name(obj), func->old_name,
					func->old_sympos);
	func->old_func = sym.start;
	func->old_size = sym.size;
	if (!func->old_size) {
		pr_err("kallsyms size lookup failed for '%s'\n", func->old_name);
		return -ENOENT;
	}
	return 0;
}

static int klp_find_new_size(struct klp_func *func)
{
	struct ksym sym;

	if (!ksym_lookup((unsigned long)func->new_func, &sym) ||
	    sym.start != (unsigned long)func->new_func || !sym.size) {
		pr_err("kallsyms size lookup failed for '%s' replacement\n", func->old_name);
		return -ENOENT;
	}
	func->new_size = sym.size;
	return 0;
}

/* The function of @obj with the same hook and another name: an alias. */
static const struct klp_func *klp_find_alias(struct klp_object *obj, const struct klp_func *func)
{
	const struct klp_func *other;

	klp_for_each_func(obj, other)
		if (other != func && other->hook == func->hook)
			return other;
	return NULL;
}

/*
 * A patch has at most one version on a hook: with two, tasks that have not changed over would
 * run the lower one.  A nop is for a function that the patch does not have under any name; if
 * it has an alias it gets no hook.
 * @resolution is different for each run: two functions of one run with one hook are aliases.
 */
static int klp_check_alias(struct klp_object *obj, struct klp_func *func, u64 resolution)
{
	bool is_alias = func->hook->resolution == resolution;

	func->hook->resolution = resolution;
	if (!is_alias)
		return 0;
	if (!func->nop)
		pr_err("functions '%s' and '%s' of object '%s' are the same\n",
		       klp_find_alias(obj, func)->old_name, func->old_name, klp_object_name(obj));
	klp_hook_put(func->hook);
	func->hook = NULL;
	return func->nop ? 0 : -EEXIST;
}

static int klp_find_version(struct klp_func *func)
{
	if (!func->nop)
		return klp_find_new_size(func);
	func->new_func = (void *)func->old_func;
	func->new_size = func->old_size;
	return 0;
}

static int klp_resolve_func(struct klp_object *obj, struct klp_func *func, u64 resolution)
{
	int error = klp_find_version(func);

	if (error)
		return error;
	error = klp_hook_get(func->old_func, &func->hook);
	if (error == -EINVAL)
		pr_err("failed to find location for function '%s': it has no entry slot\n",
		       func->old_name);
	/* A nop goes on behind the slot: a jump to the slot would lead back to the nop. */
	func->version.ip = func->nop ? func->old_func + SLOT_SIZE : (unsigned long)func->new_func;
	return error ? error : klp_check_alias(obj, func, resolution);
}

void klp_unresolve_object(struct klp_object *obj)
{
	struct klp_func *func;

	klp_for_each_func(obj, func) {
		if (func->hook)
			klp_hook_put(func->hook);
		func->hook = NULL;
		func->old_func = 0;
		func->old_size = 0;
		func->new_size = 0;
		if (func->nop)
			func->new_func = NULL;
	}
}

int klp_resolve_object(struct klp_patch *patch, struct klp_object *obj)
{
	static u64 resolution;		/* (klp_mutex) */
	struct klp_func *func;
	int error = 0;

	assert_mutex_held(&klp_mutex);
	resolution++;
	klp_for_each_func(obj, func)
		if (!error)
			error = klp_find_old_func(obj, func);
	if (!error)
		error = klp_check_texts(patch, obj);
	klp_for_each_func(obj, func)
		if (!error)
			error = klp_resolve_func(obj, func, resolution);
	if (error)
		klp_unresolve_object(obj);
	return error;
}

int klp_patch_object(struct klp_object *obj)
{
	struct klp_func *func;
	int error;

	assert_mutex_held(&klp_mutex);
	klp_for_each_func(obj, func) {
		error = func->hook ? klp_hook_may_push(func->hook) : 0;
		if (error) {
			pr_err("failed to register ftrace handler for function '%s' (%d)\n",
			       func->old_name, error);
			return error;
		}
	}
	/* All functions are accepted, so nothing has to be taken back. */
	klp_for_each_func(obj, func)
		if (func->hook)
			klp_hook_push(func);
	obj->patched = true;
	klp_hooks_sync();
	return 0;
}

void klp_unpatch_object(struct klp_object *obj)
{
	struct klp_func *func;

	assert_mutex_held(&klp_mutex);
	klp_for_each_func(obj, func)
		if (func->patched)
			klp_hook_pop(func);
	obj->patched = false;
}
