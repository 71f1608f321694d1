/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fault injection: the n-th allocation of one task fails, so that a test can
 * walk every error path by counting n up.  One task at a time; debug builds only,
 * elsewhere nothing is ever armed.
 */
#include <neurath/mm.h>

/* Written by the armed task itself, and compared with current only. */
static struct task *fault_inject_task;
static long fault_inject_left;

void fault_inject_arm(long n)
{
	if (!CONFIG_DEBUG)
		return;
	fault_inject_left = n;
	WRITE_ONCE(fault_inject_task, n > 0 ? current : NULL);
}

bool fault_inject_should_fail(void)
{
	if (!CONFIG_DEBUG || !fault_inject_task || READ_ONCE(fault_inject_task) != current)
		return false;
	if (--fault_inject_left > 0)
		return false;
	WRITE_ONCE(fault_inject_task, NULL);
	return true;
}
