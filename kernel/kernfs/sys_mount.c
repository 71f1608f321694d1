/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts of the kernel's own trees: at the start, and by mount(2) in other places. */
#include <neurath/bug.h>
#include <neurath/init.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include <neurath/mm.h>
#include "../fs/fs_internal.h"
#include "kernfs_internal.h"

#define MS_BIND		4096

void kernfs_mount_trees(void)
{
	static const char *const trees[] = { "/proc", "/sys", "/dev", "/boot" };

	for (unsigned i = 0; i < ARRAY_SIZE(trees); i++) {
		int error = kernfs_mount(trees[i], kernfs_root(trees[i]), true);

		assert(error == 0);
	}
}

static const struct {
	const char *fstype, *tree;
} mount_types[] = {
	{ "proc", "/proc" }, { "sysfs", "/sys" }, { "devtmpfs", "/dev" },
};

/* A kernel's own tree in another place. */
static int mount_type(const char __user *utype, const char *path)
{
	char type[16];

	if (!utype || strncpy_from_user(type, utype, sizeof(type)) < 0)
		return -EINVAL;
	for (unsigned i = 0; i < ARRAY_SIZE(mount_types); i++) {
		if (!strcmp(type, mount_types[i].fstype))
			return kernfs_mount(path, kernfs_root(mount_types[i].tree), false);
	}
	return -ENODEV;
}

/* Another mount in another place. A folder that is not itself a mount point: -EINVAL. */
static int mount_other(const char __user *usource, const char *path)
{
	char *source = path_from_user(AT_FDCWD, usource);
	int error;

	if (IS_ERR(source))
		return PTR_ERR(source);
	path_take_ending(source);
	error = mount_bind(source, path);
	kfree(source);
	return error;
}

/* Servers mount themselves (port_mount); mount(2) adds a place for what is mounted. */
SYSCALL_DEFINE5(mount, const char __user *, source, const char __user *, utarget,
		const char __user *, utype, unsigned long, flags, const void __user *, data)
{
	char *path;
	int error;

	if (!is_superuser())
		return -EPERM;
	path = path_from_user(AT_FDCWD, utarget);
	if (IS_ERR(path))
		return PTR_ERR(path);
	path_take_ending(path);
	error = flags & MS_BIND ? mount_other(source, path) : mount_type(utype, path);
	kfree(path);
	return error;
}
