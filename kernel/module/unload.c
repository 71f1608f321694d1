/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * delete_module(2).  A module is unloaded only if it has no references; from then on none can be
 * taken.  As on Linux today, it does not wait for users, with one exception: without O_NONBLOCK
 * it waits for a live patch that is disabled already and will drop its reference itself ("rmmod
 * -w" after "echo 0 > enabled").  A signal ends the wait.
 */
#include <neurath/race.h>
#include <neurath/syscall.h>
#include <neurath/task.h>
#include <neurath/uaccess.h>
#include <uapi/fcntl.h>
#include "internal.h"

/* LIVE -> GOING, or the error.  Caller holds module_mutex. */
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

/*
 * LIVE -> GOING, after a patch that was leaving has left.  The test for a leaving patch comes
 * before the attempt: a patch that leaves between a failed attempt and a later test would be
 * neither waited for nor tried again.
 */
static noinline int module_wait_begin_unload(const char *name, struct module **out)
{
	bool leaving;
	int error;

	for (;;) {
		leaving = module_is_leaving(name);
		race_point();
		error = module_try_begin_unload(name, out);
		race_point();
		if (error != -EWOULDBLOCK || !leaving)
			return error;
		error = wait_event_interruptible(module_wait, !module_is_leaving(name));
		if (error)
			return error;
	}
}

static int module_unload(const char *name, unsigned int flags)
{
	struct module *mod;
	int error;

	if (flags & O_NONBLOCK)
		error = module_try_begin_unload(name, &mod);
	else
		error = module_wait_begin_unload(name, &mod);
	if (error == -EWOULDBLOCK)
		module_say_why_held(name);
	if (error)
		return error;
	if (mod->exit)
		mod->exit();
	race_point();
	module_notify_going(mod);
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
