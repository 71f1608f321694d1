/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function tracers and the modules that come and go.
 *
 * A module has a table (traced.h) from its coming to its going.  Before its init runs, its
 * functions enter the filters that name the module, and are traced if a tracer is on.
 *
 * A module goes after its exit function and before its text is freed.  No task calls its functions
 * any more, and no CPU is in a trampoline of them.  The tracer leaves their slots, the functions
 * leave the filters, and the sites may serve other functions.
 *
 * Patches of the module may come and go before or after these steps.
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
