/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modules.h - tests if a module is loaded, and reads the log about it. */
#ifndef TESTS_MODULES_H
#define TESTS_MODULES_H

#include <sys/klog.h>

#include "files.h"

/* Lines of the log that contain @text since the last clear. */
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
