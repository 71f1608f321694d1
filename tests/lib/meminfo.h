/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meminfo.h - the amounts of memory in /proc/meminfo. */
#ifndef TESTS_MEMINFO_H
#define TESTS_MEMINFO_H

#include <fcntl.h>
#include "tap.h"

/* An amount in KiB; @key is the word in the file, as "MemFree:". */
static inline long meminfo(const char *key)
{
	char text[4096] = "", *line;
	int fd = open("/proc/meminfo", O_RDONLY);

	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	line = strstr(text, key);
	CHECK(line);
	return strtol(line + strlen(key), NULL, 10);
}

#endif
