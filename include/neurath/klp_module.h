/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live patching of modules that come and go: called by the module loader in
 * process context, without klp_mutex.
 */
#ifndef NEURATH_KLP_MODULE_H
#define NEURATH_KLP_MODULE_H

#include <neurath/types.h>

struct module;

/*
 * @mod is a live patch, UNFORMED, and its memory can still be written.  Checks the names of all
 * its livepatch relocations, and applies those of vmlinux.  -EINVAL (a name, a symbol),
 * -ENOEXEC (a place, a value); says why.
 */
int klp_module_relocate(struct module *mod);
/*
 * The module is COMING: relocated, its slots known, its init not run.  Applies every
 * active patch in enabling order.  An error refuses the module, and everything done
 * for it is undone.
 */
int klp_module_coming(struct module *mod);
/*
 * A patch of the module @name is disabled, or on its way there: its reference will be put
 * without anybody's doing more.  A change is followed by module_wake_waiters(). (task)
 */
bool klp_module_is_leaving(const char *name);
/* The module is GOING (after its exit function, or after a failure that follows coming). */
void klp_module_going(struct module *mod);

#endif
