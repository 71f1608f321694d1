/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks over the table of MODULE_NOTIFIER()s; <neurath/module_notifier.h> is the contract. */
#include <neurath/module_notifier.h>
#include "internal.h"

int module_notify_relocate(struct module *mod)
{
	SET_FOREACH(struct module_notifier, n, module) {
		int error = n->relocate ? n->relocate(mod) : 0;

		if (error)
			return error;
	}
	return 0;
}

/* Notifies going to every notifier before @end: these were notified of coming. */
static void module_notify_going_before(struct module *mod, const struct module_notifier *end)
{
	SET_FOREACH(struct module_notifier, n, module) {
		if (n == end)
			return;
		if (n->going)
			n->going(mod);
	}
}

int module_notify_coming(struct module *mod)
{
	SET_FOREACH(struct module_notifier, n, module) {
		int error = n->coming ? n->coming(mod) : 0;

		if (error) {
			module_notify_going_before(mod, n);
			return error;
		}
	}
	return 0;
}

void module_notify_going(struct module *mod)
{
	module_notify_going_before(mod, NULL);
}

bool module_is_leaving(const char *name)
{
	SET_FOREACH(struct module_notifier, n, module)
		if (n->is_leaving && n->is_leaving(name))
			return true;
	return false;
}

void module_say_why_held(const char *name)
{
	SET_FOREACH(struct module_notifier, n, module)
		if (n->say_why_held)
			n->say_why_held(name);
}
