/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function tracers and the modules that come and go.
 *
 * A module has a table (traced.h) from its coming to its going.  Before its init runs, its
 * functions are in the filters that name it, and are traced if a tracer is on.  When it goes,
 * after its exit, the tracer leaves its slots, and its functions leave the filters, before its text
 * is freed.  No task calls a function of the module any more then, so no CPU is in a trampoline of
 * these functions, and their sites may serve other functions.  Patches of the module come and go
 * before or after: any order is right.
 */
#include "traced.h"
#include <neurath/module_notifier.h>

static int traced_module_coming(struct module *mod)
{
	struct traced_table *t;
	int error = 0;

	if (!mod->num_mcount_loc)
		return 0;
	mutex_lock(&klp_mutex);
	t = traced_table_add(mod);
	if (t) {
		function_filters_coming(t);
		error = function_trace_apply();
	}
	mutex_unlock(&klp_mutex);
	if (!t || error)
		pr_warn("functions of module %s are not traced: no memory\n", mod->name);
	return 0;
}

static void traced_module_going(struct module *mod)
{
	struct traced_table *t;

	mutex_lock(&klp_mutex);
	t = traced_table_unlink(mod);
	if (t) {
		function_trace_forget(t);
		traced_table_free(t);
	}
	mutex_unlock(&klp_mutex);
}

MODULE_NOTIFIER(traced_notifier) = {
	.coming = traced_module_coming, .going = traced_module_going };
