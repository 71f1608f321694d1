/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modules.h - checks whether a module is loaded, and counts lines of the log. */
#ifndef TESTS_MODULES_H
#define TESTS_MODULES_H

#include <sys/klog.h>

#include "files.h"

/* How many lines of the log since the last clear contain @text; clears the log. */
static inline int log_count(const char *text)
{
	static char log[1 << 16];
	int n = klogctl(4, log, sizeof(log) - 1), count = 0;	/* read all and clear */

	CHECK(n >= 0);
	log[n] = '\0';
	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n"))
		count += strstr(line, text) != NULL;
	return count;
}

static inline void log_clear(void)
{
	CHECK_EQ(klogctl(5, NULL, 0), 0);
}

static inline int is_loaded(const char *name)
{
	char key[80];
	const char *modules = file_text("/proc/modules");

	CHECK(modules != NULL);
	snprintf(key, sizeof(key), "\n%s ", name);
	return strncmp(modules, key + 1, strlen(key + 1)) == 0 || strstr(modules, key) != NULL;
}

#endif
