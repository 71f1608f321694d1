/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of the patch structure. klp_decode_patch() checks everything that the module filled
 * in, before any lock is taken: the structure itself, its tables to their ends, names,
 * functions, callbacks, states, relocations.  The other files use the accepted contents without
 * another check.  Private fields are not checked: klp_init_func() and klp_init_object() clear
 * them later.
 *
 * The module can write its tables at any time.  A module that changes them while the core uses
 * them is not protected.
 *
 * Nothing is written here: the patch may be enabled at this moment.  Each refusal writes one
 * log line.  No lock is needed: the caller is a function of the module, so the module stays.
 */
#include "internal.h"
#include <neurath/handed.h>
#include <neurath/mm.h>
#include <neurath/sort.h>
#include <neurath/string.h>

/* ---- the structure itself -------------------------------------------------------- */

/* Compares addresses only: @mod may have any value. */
static bool klp_is_a_module(const struct module *mod)
{
	unsigned long flags = irq_save();
	struct module *other = module_next(NULL);

	while (other && other != mod)
		other = module_next(other);
	irq_restore(flags);
	return other;
}

/* Checked before the contents, as on Linux. */
static int klp_decode_head(const struct klp_patch *patch)
{
	const char *why;

	if (patch && !handed_data(patch, sizeof(*patch), &why)) {
		pr_err("the struct klp_patch at %p is %s\n", patch, why);
		return -EINVAL;
	}
	if (!patch || !patch->mod || !patch->objs) {
		pr_err("a patch needs mod and objs\n");
		return -EINVAL;
	}
	if (!klp_is_a_module(patch->mod) ||
	    !handed_own_data(patch->mod, patch, sizeof(*patch), NULL)) {
		pr_err("mod of the patch at %p is not the module that it lies in: "
		       "it must be THIS_MODULE\n", patch);
		return -EINVAL;
	}
	if (!is_livepatch_module(patch->mod)) {
		pr_err("module %s is not marked as a livepatch module\n", patch->mod->name);
		return -EINVAL;
	}
	return 0;
}

struct klp_table {
	const void *first;
	size_t size;			/* of an entry */
	const char *what, *of;		/* for the log: "functions of object", its name */
};

/*
 * Checks entry number @n of a table of @patch: it must be in the same variable as the first
 * entry, in memory of the module.  The variable ends where its symbol ends, so a table without
 * its terminating entry is not followed into other data.
 */
static int klp_decode_entry(const struct klp_patch *patch, const struct klp_table *t, unsigned n)
{
	const char *why;

	if (!handed_own_data(patch->mod, t->first, t->size, &why)) {
		pr_err("the %s '%.64s' are %s\n", t->what, t->of, why);
		return -EINVAL;
	}
	if (!handed_own_data(patch->mod, t->first, (n + 1UL) * t->size, NULL)) {
		pr_err("the %s '%.64s' do not end with an empty entry { }\n", t->what, t->of);
		return -EINVAL;
	}
	return 0;
}

/* ---- functions ---------------------------------------------------------------------- */

/* Positions 0 and 1 name the same symbol. */
bool klp_same_symbol(const struct klp_func *a, const struct klp_func *b)
{
	return strcmp(a->old_name, b->old_name) == 0 &&
	       max(a->old_sympos, 1UL) == max(b->old_sympos, 1UL);
}

/* NULL, or why no function with this name can be found or shown as "NAME,POSITION". */
static const char *klp_function_name_fault(const struct klp_func *func)
{
	const char *c = func->old_name;

	while (*c > ' ' && *c <= '~' && *c != '/')
		c++;
	if (c == func->old_name || *c)
		return "no function has this name";
	if (snprintf(NULL, 0, "%s,%lu", func->old_name, max(func->old_sympos, 1UL)) > KLP_NAME_MAX)
		return "name and position are longer than 255, and could not be shown";
	return NULL;
}

static int klp_decode_new_func(const struct klp_patch *patch, const struct klp_object *obj,
			       const struct klp_func *func)
{
	struct handed look;
	const char *why;

	if (handed_own_function(patch->mod, func->new_func, &why))
		return 0;
	handed_look(func->new_func, &look);
	if (look.place == HANDED_TEXT && look.owner == patch->mod) {
		pr_err("kallsyms size lookup failed for '%s' replacement\n", func->old_name);
		return -ENOENT;
	}
	pr_err("new_func of function '%s' of object '%s' is %s: it must be a function of module "
	       "%s\n", func->old_name, klp_object_name(obj), why, patch->mod->name);
	return -EINVAL;
}

static int klp_decode_func(const struct klp_patch *patch, const struct klp_object *obj,
			   const struct klp_func *func)
{
	const bool named = handed_string(func->old_name, PAGE_SIZE);
	const char *fault;

	if (!named || !func->new_func || strlen(func->old_name) >= KSYM_NAME_LEN) {
		pr_err("function '%.64s' of object '%s' needs new_func, "
		       "and a name shorter than %d\n", named ? func->old_name : "?",
		       klp_object_name(obj), KSYM_NAME_LEN);
		return -EINVAL;
	}
	fault = klp_function_name_fault(func);
	if (fault) {
		pr_err("function '%.64s' of object '%s': %s\n", func->old_name,
		       klp_object_name(obj), fault);
		return -EINVAL;
	}
	return klp_decode_new_func(patch, obj, func);
}

static bool klp_func_before(const void *arg, u32 a, u32 b)
{
	return strcmp(((const struct klp_func *)arg)[a].old_name,
		      ((const struct klp_func *)arg)[b].old_name) < 0;
}

/* Finds a symbol that occurs twice.  @order is sorted by name, so only neighbours are compared. */
static int klp_decode_twice(const struct klp_object *obj, const u32 *order, unsigned n)
{
	for (unsigned i = 1; i < n; i++) {
		const struct klp_func *func = &obj->funcs[order[i]];

		for (unsigned k = i; k > 0; k--) {
			const struct klp_func *other = &obj->funcs[order[k - 1]];

			if (strcmp(other->old_name, func->old_name) != 0)
				break;
			if (!klp_same_symbol(other, func))
				continue;
			pr_err("function '%s' of object '%s' is listed twice\n", func->old_name,
			       klp_object_name(obj));
			return -EEXIST;
		}
	}
	return 0;
}

/* Checks the names of @n functions; each function has been decoded. */
static int klp_decode_names(const struct klp_object *obj, unsigned n)
{
	u32 *order = kmalloc(max(n, 1U) * sizeof(*order), GFP_KERNEL);
	int error;

	if (!order)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		order[i] = i;
	sort_numbers(order, n, klp_func_before, obj->funcs);
	error = klp_decode_twice(obj, order, n);
	kfree(order);
	return error;
}

static int klp_decode_funcs(const struct klp_patch *patch, const struct klp_object *obj)
{
	const struct klp_func *func;
	const struct klp_table table = { obj->funcs, sizeof(*func), "functions of object",
					 klp_object_name(obj) };
	unsigned n = 0;
	int error;

	for (func = obj->funcs;; func++, n++) {
		error = klp_decode_entry(patch, &table, n);
		if (error)
			return error;
		if (!func->old_name && !func->new_func && !func->old_sympos)
			return klp_decode_names(obj, n);
		error = klp_decode_func(patch, obj, func);
		if (error)
			return error;
	}
}

/* ---- objects ------------------------------------------------------------------------ */

bool klp_same_object(const struct klp_object *a, const struct klp_object *b)
{
	return a->name == b->name || (a->name && b->name && strcmp(a->name, b->name) == 0);
}

static int klp_decode_callbacks(const struct klp_patch *patch, const struct klp_object *obj)
{
	const struct {
		const char *name;
		const void *fn;
	} callbacks[] = {
		{ "pre_patch", obj->callbacks.pre_patch },
		{ "post_patch", obj->callbacks.post_patch },
		{ "pre_unpatch", obj->callbacks.pre_unpatch },
		{ "post_unpatch", obj->callbacks.post_unpatch },
	};
	const char *why;

	for (unsigned i = 0; i < ARRAY_SIZE(callbacks); i++) {
		if (callbacks[i].fn && !handed_own_function(patch->mod, callbacks[i].fn, &why)) {
			pr_err("callback %s of object '%s' is %s\n", callbacks[i].name,
			       klp_object_name(obj), why);
			return -EINVAL;
		}
	}
	return 0;
}

/* NULL, or why no module can have this name: the object would wait for it without end. */
static const char *klp_object_name_fault(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (strcmp(name, "vmlinux") == 0)
		return "the kernel is the object whose name is NULL";
	if (dot && strcmp(dot, ".ko") == 0)
		return "the name of a module has no .ko";
	if (strchr(name, '-'))
		return "the name of a module has _ where its file has -";
	return module_name_is_valid(name) ? NULL : "no module has this name";
}

static int klp_decode_object_name(const struct klp_patch *patch, const struct klp_object *obj)
{
	if (!obj->name)
		return 0;
	if (!handed_string(obj->name, PAGE_SIZE)) {
		pr_err("an object of patch '%s' has a name that is no string\n", patch->mod->name);
		return -EINVAL;
	}
	if (strlen(obj->name) >= MODULE_NAME_LEN) {
		pr_err("object '%.64s' needs a name shorter than %d\n", obj->name, MODULE_NAME_LEN);
		return -EINVAL;
	}
	return 0;
}

static int klp_decode_object(const struct klp_patch *patch, const struct klp_object *obj)
{
	const struct klp_object *other;
	int error = klp_decode_object_name(patch, obj);
	const char *fault;

	if (error)
		return error;
	if (!obj->funcs) {
		pr_err("object '%.64s' of patch '%s' needs a list of functions, "
		       "if only an empty one\n", klp_object_name(obj), patch->mod->name);
		return -EINVAL;
	}
	for (other = patch->objs; other < obj; other++) {
		if (klp_same_object(other, obj)) {
			pr_err("object '%s' of patch '%s' is listed twice (entries %td and %td)\n",
			       klp_object_name(obj), patch->mod->name, other - patch->objs,
			       obj - patch->objs);
			return -EEXIST;
		}
	}
	error = klp_decode_callbacks(patch, obj);
	if (!error)
		error = klp_decode_funcs(patch, obj);
	fault = obj->name ? klp_object_name_fault(obj->name) : NULL;
	if (error || !fault)
		return error;
	pr_err("object '%s' (function '%s') of patch '%s': %s\n", obj->name,
	       obj->funcs->old_name ? obj->funcs->old_name : "none", patch->mod->name, fault);
	return -EINVAL;
}

static int klp_decode_objects(const struct klp_patch *patch)
{
	const struct klp_object *obj;
	const struct klp_table table = { patch->objs, sizeof(*obj), "objects of patch",
					 patch->mod->name };
	unsigned n = 0;
	int error;

	for (obj = patch->objs;; obj++, n++) {
		error = klp_decode_entry(patch, &table, n);
		if (error || (!obj->name && !obj->funcs))
			return error;
		error = klp_decode_object(patch, obj);
		if (error)
			return error;
	}
}

/* ---- states ------------------------------------------------------------------------- */

static int klp_decode_states(const struct klp_patch *patch)
{
	const struct klp_state *state, *other;
	const struct klp_table table = { patch->states, sizeof(*state), "states of patch",
					 patch->mod->name };
	unsigned n = 0;
	int error;

	for (state = patch->states; state; state++, n++) {
		error = klp_decode_entry(patch, &table, n);
		if (error || !state->id)
			return error;
		for (other = patch->states; other < state; other++) {
			if (other->id != state->id)
				continue;
			pr_err("state %lu of patch '%s' is listed twice\n", state->id,
			       patch->mod->name);
			return -EEXIST;
		}
	}
	return 0;
}

int klp_decode_patch(const struct klp_patch *patch)
{
	int error = klp_decode_head(patch);

	if (!error)
		error = klp_decode_objects(patch);
	if (!error)
		error = klp_decode_states(patch);
	return error ? error : klp_check_relocs(patch);
}
