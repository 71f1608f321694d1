/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unload.c - delete_module(2).  A module leaves only when nobody holds a reference; from
 * then on nobody can take one.  It never waits for a user to let go, as Linux today, with
 * one exception: without O_NONBLOCK it waits for a live patch that is disabled already, whose
 * reference goes by itself ("rmmod -w" behind "echo 0 > enabled").  A signal ends the wait.
 */
#include <neurath/klp_module.h>
#include <neurath/race.h>
#include <neurath/syscall.h>
#include <neurath/task.h>
#include <neurath/uaccess.h>
#include <uapi/fcntl.h>
#include "internal.h"

/* LIVE -> GOING, or why not.  Caller holds module_mutex. */
static int module_begin_unload(const char *name, struct module **out)
{
	struct module *mod;

	assert_mutex_held(&module_mutex);
	mod = find_module(name);
	if (!mod)
		return -ENOENT;
	if (!list_empty(&mod->users))
		return -EWOULDBLOCK;
	if (mod->state != MODULE_STATE_LIVE)
		return -EBUSY;
	if (mod->permanent)
		return -EBUSY;
	if (!module_try_stop(mod, 0))
		return -EWOULDBLOCK;
	WRITE_ONCE(mod->state, MODULE_STATE_GOING);
	*out = mod;
	return 0;
}

static int module_try_begin_unload(const char *name, struct module **out)
{
	int error;

	mutex_lock(&module_mutex);
	error = module_begin_unload(name, out);
	mutex_unlock(&module_mutex);
	return error;
}

static int module_unload(const char *name, unsigned int flags)
{
	struct module *mod;
	int error = module_try_begin_unload(name, &mod);

	while (error == -EWOULDBLOCK && !(flags & O_NONBLOCK) && klp_module_is_leaving(name)) {
		error = wait_event_interruptible(module_wait, !klp_module_is_leaving(name));
		if (!error)
			error = module_try_begin_unload(name, &mod);
	}
	if (error)
		return error;
	if (mod->exit)
		mod->exit();
	race_point();
	klp_module_going(mod);
	module_sysfs_remove(mod);
	module_list_remove(mod);
	module_release(mod);
	return 0;
}

SYSCALL_DEFINE2(delete_module, const char __user *, uname, unsigned int, flags)
{
	char name[MODULE_NAME_LEN];
	ssize_t n;

	if (!is_superuser())
		return -EPERM;
	n = strncpy_from_user(name, uname, sizeof(name));
	if (n == -ENAMETOOLONG)
		return -ENOENT;
	if (n < 0)
		return n;
	return module_unload(name, flags);
}
