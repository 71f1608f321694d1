/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_clean.h - KLP_TEST runs a test like TAP_TEST; if it failed, it takes back the patches and
 * modules that the test left, so that the next test fails for reasons of its own only. After a
 * test that passed nothing is done: what that one left is a mistake, and shall be seen.
 */
#ifndef TESTS_KLP_CLEAN_H
#define TESTS_KLP_CLEAN_H

#include "klp.h"

/* The first patch whose file "enabled" or "transition" starts with 1, "" if there is none. */
static inline const char *klp_clean_find(const char *file)
{
	static char name[256];
	DIR *dir = opendir(KLP_SYSFS);
	struct dirent *entry;

	name[0] = 0;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && klp_read(entry->d_name, file) == 1)
			snprintf(name, sizeof(name), "%s", entry->d_name);
	if (dir)
		closedir(dir);
	return name;
}

static inline void klp_clean_end_transition(void)
{
	const char *patch = klp_clean_find("transition");

	for (int tries = 0; *patch && tries < 100; tries++, patch = klp_clean_find("transition")) {
		klp_write(patch, tries < 50 ? "signal" : "force", "1");
		nap(10000);
	}
}

static inline void klp_clean_modules(void)
{
	char name[128], line[512];
	FILE *f = fopen("/proc/modules", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%127s", name) == 1 && (strncmp(name, "klp_", 4) == 0 || strncmp(name, "livepatch_", 10) == 0))
			rmmod(name);
	if (f)
		fclose(f);
}

static inline void klp_clean_up(void)
{
	const char *patch;

	spit("/proc/sys/kernel/ftrace_enabled", "1");
	klp_clean_end_transition();
	for (int tries = 0; *(patch = klp_clean_find("enabled")) && tries < 20; tries++) {
		klp_write(patch, "enabled", "0");
		klp_clean_end_transition();
	}
	for (int tries = 0; tries < 20; tries++) {
		nap(5000);		/* directories and references go from a work item */
		klp_clean_modules();
	}
}

#define KLP_TEST(function)							\
	do {									\
		int failed_ = tap_failed;					\
		TAP_TEST(function);						\
		if (tap_failed != failed_)					\
			klp_clean_up();						\
	} while (0)

#endif
