/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fault injection: the n-th allocation of one task fails, so that a test can visit every error
 * path by increasing n.  One task at a time.  Only debug builds can arm it.
 *
 * /sys/kernel/debug/fail_nth arms it (kernel/proc/fail_nth.c).
 */
#include <neurath/mm.h>
#include <neurath/task.h>

/* The armed task; its id outlives it and is not reused soon. 0 = no task. */
static pid_t fault_inject_pid;
static long fault_inject_left;
static atomic_long_t fault_inject_count;

void fault_inject_arm(long n)
{
	fault_inject_left = n;
	WRITE_ONCE(fault_inject_pid, n > 0 ? current->pid : 0);
}

bool fault_inject_should_fail(void)
{
	if (!CONFIG_DEBUG || !READ_ONCE(fault_inject_pid) || fault_inject_pid != current->pid)
		return false;
	/* An interrupt does not allocate for the armed task. */
	if (irqs_disabled() || --fault_inject_left > 0)
		return false;
	WRITE_ONCE(fault_inject_pid, 0);
	atomic_long_inc(&fault_inject_count);
	return true;
}

long fault_inject_failures(void)
{
	return atomic_long_read(&fault_inject_count);
}
