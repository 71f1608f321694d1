/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fault injection: the n-th allocation of one task fails, so that a test can
 * walk every error path by counting n up.  One task at a time; debug builds only,
 * elsewhere nothing is ever armed.
 *
 * /sys/kernel/debug/fail_nth: writing n arms the writer, 0 disarms; reading says how
 * many allocations have been made to fail since the boot.
 */
#include <neurath/errno.h>
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include <neurath/task.h>

/* The armed task; its id outlives it and is not given again soon.  0 = nobody. */
static pid_t fault_inject_pid;
static long fault_inject_left;
static atomic_long_t fault_inject_count;

static void fault_inject_arm(long n)
{
	fault_inject_left = n;
	WRITE_ONCE(fault_inject_pid, n > 0 ? current->pid : 0);
}

bool fault_inject_should_fail(void)
{
	if (!CONFIG_DEBUG || !READ_ONCE(fault_inject_pid) || fault_inject_pid != current->pid)
		return false;
	/* An interrupt works for somebody else. */
	if (irqs_disabled() || --fault_inject_left > 0)
		return false;
	WRITE_ONCE(fault_inject_pid, 0);
	atomic_long_inc(&fault_inject_count);
	return true;
}

static int fail_nth_show(struct seq_file *m, void *private)
{
	seq_printf(m, "%ld\n", atomic_long_read(&fault_inject_count));
	return 0;
}

static ssize_t fail_nth_store(const char *buf, size_t n, void *private)
{
	long nth;
	int err = kstrtol(buf, 0, &nth);

	if (!CONFIG_DEBUG)
		return -EOPNOTSUPP;
	if (err || nth < 0)
		return err ? err : -EINVAL;
	fault_inject_arm(nth);
	return n;
}

static const struct kernfs_file_ops fail_nth_ops = {
	.show = fail_nth_show,
	.store = fail_nth_store,
};
KERNFS_FILE(fail_nth, "/sys/kernel/debug/fail_nth", S_IFREG | 0600, &fail_nth_ops, NULL);
