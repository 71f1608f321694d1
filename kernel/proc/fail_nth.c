/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/kernel/debug/fail_nth: writing n makes the n-th allocation of the writer fail, 0 disarms.
 * Reading returns the number of allocations that have failed in this way since the boot.
 */
#include <neurath/errno.h>
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/string.h>

static int fail_nth_show(struct seq_file *m, void *private)
{
	seq_printf(m, "%ld\n", fault_inject_failures());
	return 0;
}

static ssize_t fail_nth_store(const char *buf, size_t n, void *private)
{
	long nth;
	int error = kstrtol(buf, 0, &nth);

	if (!CONFIG_DEBUG)
		return -EOPNOTSUPP;
	if (error || nth < 0)
		return error ? error : -EINVAL;
	fault_inject_arm(nth);
	return n;
}

static const struct kernfs_file_ops fail_nth_ops = {
	.show = fail_nth_show,
	.store = fail_nth_store,
};
KERNFS_FILE(fail_nth, "/sys/kernel/debug/fail_nth", S_IFREG | 0600, &fail_nth_ops, NULL);
