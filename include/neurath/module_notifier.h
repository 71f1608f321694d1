/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks of upper floors for modules that come and go.  The module loader walks over the table of
 * MODULE_NOTIFIER()s, in process context and without a lock.
 */
#ifndef NEURATH_MODULE_NOTIFIER_H
#define NEURATH_MODULE_NOTIFIER_H

#include <neurath/compiler.h>
#include <neurath/types.h>

struct module;

struct module_notifier {
	/*
	 * @mod is a live patch, UNFORMED, and its memory is still writable.  Checks its entries
	 * about its origin, and takes a reference on its predecessor.  Checks the names of all
	 * its livepatch relocations, and applies those of vmlinux. -EINVAL (a name, a symbol),
	 * -ENOEXEC (a place, a value, an entry of .modinfo), -ENOENT (the predecessor is not
	 * loaded), -ENOMEM; logs the reason.
	 */
	int (*relocate)(struct module *mod);
	/*
	 * The module is COMING: relocated, its slots known, its init not run.  An error refuses
	 * the module; the notifier that returns it has undone its own changes and has logged the
	 * reason.
	 */
	int (*coming)(struct module *mod);
	/* The module is GOING: after its exit function, or after a failure that follows coming. */
	void (*going)(struct module *mod);
	/*
	 * True if a reference on the module @name will be dropped without a further request.  A
	 * change of the answer is followed by module_wake_waiters(). (task)
	 */
	bool (*is_leaving)(const char *name);
	/*
	 * The module @name could not be unloaded: the notifier that is the reason logs what to
	 * do.  It logs nothing about a module that is leaving, since scripts repeat the attempt.
	 * (task)
	 */
	void (*say_why_held)(const char *name);
};

#define MODULE_NOTIFIER(name)	SET_ENTRY(module, struct module_notifier, name)

#endif
