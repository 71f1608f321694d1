// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One object of a patch (the kernel, or a module that is loaded): its names become
 * addresses and hooks, its functions go on the hooks and off again, its callbacks run.
 *
 * Resolving can fail for many reasons and touches no text; patching fails only if the
 * administrator has switched hooks off; unpatching cannot fail.  All under klp_mutex;
 * callbacks may sleep.
 */
#include "internal.h"
#include <neurath/hook.h>

/* ---- callbacks ------------------------------------------------------------- */

int klp_pre_patch_callback(struct klp_object *obj)
{
	int error = obj->callbacks.pre_patch ? obj->callbacks.pre_patch(obj) : 0;

	if (error > 0 && !MUTANT(POSITIVE_PASSED_ON)) {
		/* Passed on, it would look like success to the module loader. */
		pr_err("pre-patch callback of object '%s' returned %d: "
		       "0 or a negative errno is expected\n", klp_object_name(obj), error);
		error = -EINVAL;
	}
	obj->callbacks.post_unpatch_enabled = !error || MUTANT(UNPATCH_ALWAYS);
	return error;
}

void klp_post_patch_callback(struct klp_object *obj)
{
	if (obj->callbacks.post_patch)
		obj->callbacks.post_patch(obj);
}

void klp_pre_unpatch_callback(struct klp_object *obj)
{
	if (obj->callbacks.pre_unpatch)
		obj->callbacks.pre_unpatch(obj);
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
	if (obj->callbacks.post_unpatch_enabled && obj->callbacks.post_unpatch &&
	    !MUTANT(NO_POST_UNPATCH))
		obj->callbacks.post_unpatch(obj);
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

static int klp_resolve_func(struct klp_object *obj, struct klp_func *func)
{
	int error = klp_find_old_func(obj, func);

	if (error)
		return error;
	if (func->nop) {
		func->new_func = (void *)func->old_func;
		func->new_size = func->old_size;
	} else {
		error = klp_find_new_size(func);
		if (error)
			return error;
	}
	error = klp_hook_get(func->old_func, &func->hook);
	if (error == -EINVAL)
		pr_err("failed to find location for function '%s': it has no entry slot\n",
		       func->old_name);
	/* A nop goes on behind the slot: through the slot it would come back for ever. */
	func->version.ip = func->nop ? func->old_func + SLOT_SIZE : (unsigned long)func->new_func;
	return error;
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

int klp_resolve_object(struct klp_object *obj)
{
	struct klp_func *func;
	int error;

	assert_mutex_held(&klp_mutex);
	klp_for_each_func(obj, func) {
		error = klp_resolve_func(obj, func);
		if (error) {
			klp_unresolve_object(obj);
			return error;
		}
	}
	return 0;
}

int klp_patch_object(struct klp_object *obj)
{
	struct klp_func *func;
	int error;

	assert_mutex_held(&klp_mutex);
	klp_for_each_func(obj, func) {
		error = klp_hook_may_push(func->hook);
		if (error) {
			pr_err("failed to register ftrace handler for function '%s' (%d)\n",
			       func->old_name, error);
			return error;
		}
	}
	/* Now that none is refused: there is nothing to take back. */
	klp_for_each_func(obj, func)
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
