/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atomic replace: the nops of a patch that replaces all older patches.
 *
 * If an older patch changes a function and the new patch does not, the new patch gets a nop: a
 * version that goes on in the original.  The nop makes the return to the original a part of the
 * same transition.  When the transition is complete the older patches leave the hooks first, so
 * that each nop is the last version on its hook; then the nops leave.  This file allocates and
 * frees the nops, and the objects that exist only for nops.
 *
 * Everything runs under klp_mutex.
 */
#include "internal.h"
#include <neurath/mm.h>
#include <neurath/string.h>

static struct klp_object *klp_find_same_object(struct klp_patch *patch,
					       const struct klp_object *old)
{
	struct klp_object *obj;

	klp_for_each_object(patch, obj)
		if (klp_same_object(obj, old))
			return obj;
	return NULL;
}

static bool klp_has_func(struct klp_object *obj, const struct klp_func *old)
{
	struct klp_func *func;

	klp_for_each_func(obj, func)
		if (klp_same_symbol(func, old))
			return true;
	return false;
}

static struct klp_object *klp_add_dynamic_object(struct klp_patch *patch,
						 const struct klp_object *old)
{
	struct klp_object *obj = kzalloc(sizeof(*obj), GFP_KERNEL);

	if (!obj)
		return NULL;
	if (old->name) {
		obj->name = kstrdup(old->name, GFP_KERNEL);
		if (!obj->name) {
			kfree(obj);
			return NULL;
		}
	}
	klp_init_object(patch, obj, true);
	return obj;
}

static int klp_add_nop(struct klp_object *obj, const struct klp_func *old)
{
	struct klp_func *func;

	if (klp_has_func(obj, old))
		return 0;
	func = kzalloc(sizeof(*func), GFP_KERNEL);
	if (!func)
		return -ENOMEM;
	func->old_name = kstrdup(old->old_name, GFP_KERNEL);
	if (!func->old_name) {
		kfree(func);
		return -ENOMEM;
	}
	func->old_sympos = old->old_sympos;
	klp_init_func(obj, func, true);
	return 0;
}

static int klp_add_nops_for(struct klp_patch *patch, struct klp_object *old)
{
	struct klp_object *obj = klp_find_same_object(patch, old);
	struct klp_func *func;
	int error;

	if (!obj)
		obj = klp_add_dynamic_object(patch, old);
	if (!obj)
		return -ENOMEM;
	klp_for_each_func(old, func) {
		error = klp_add_nop(obj, func);
		if (error)
			return error;
	}
	return 0;
}

int klp_add_nops(struct klp_patch *patch)
{
	struct klp_patch *old_patch;
	struct klp_object *old;
	int error;

	list_for_each_entry(old_patch, &klp_patches, list) {
		klp_for_each_object(old_patch, old) {
			error = klp_add_nops_for(patch, old);
			if (error)
				return error;
		}
	}
	return 0;
}

static void klp_free_nops_of(struct klp_object *obj)
{
	struct klp_func *func, *next;

	list_for_each_entry_safe(func, next, &obj->func_list, node) {
		if (!func->nop)
			continue;
		list_del(&func->node);
		if (func->hook)
			klp_hook_put(func->hook);
		kfree(func->old_name);
		kfree(func);
	}
}

void klp_free_nops(struct klp_patch *patch)
{
	struct klp_object *obj, *next;

	list_for_each_entry_safe(obj, next, &patch->obj_list, node) {
		klp_free_nops_of(obj);
		if (!obj->dynamic)
			continue;
		list_del(&obj->node);
		kfree(obj->name);
		kfree(obj);
	}
}

void klp_discard_nops(struct klp_patch *patch)
{
	struct klp_object *obj;
	struct klp_func *func;

	klp_for_each_object(patch, obj)
		klp_for_each_func(obj, func)
			if (func->nop && func->patched)
				klp_hook_pop(func);
}
