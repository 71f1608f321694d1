/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One log line for each refused write to a file below /sys/kernel/tracing: an errno says that
 * something is wrong, and the line says what, and what to do.  Only root can write there.
 */
#include <neurath/errno.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include "internal.h"

#define REFUSED_SHOWN	80U

int trace_refuse(const char *file, const char *text, size_t len, const char *why)
{
	size_t n = 0;

	while (n < len && n < REFUSED_SHOWN && text[n] && text[n] != '\n')
		n++;
	pr_err("tracing: %s: '%.*s': %s\n", file, (int)n, text, why);
	return -EINVAL;
}
