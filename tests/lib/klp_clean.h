/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_clean.h - removes what a failed test has left: processes, transitions, patches, modules,
 * settings.  So the next test can fail only for its own reasons. tap.h calls klp_clean_up() after each
 * failed test, and tests/tools/leftovers.c after each suite.  After a test that passed it is not called:
 * leftovers of such a test are an error, which the runner reports for the suite.
 *
 * No wait here depends on time: each step ends by an event, or changes nothing.
 */
#ifndef TESTS_KLP_CLEAN_H
#define TESTS_KLP_CLEAN_H

#include "klp.h"

/* The first patch whose file "enabled" or "transition" starts with 1; "" if there is none. */
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

/* Kills the children of a test, which have its name; children that executed another program end by themselves. */
static inline void klp_clean_processes(void)
{
	char path[300], mine[64], comm[64];
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	slurp("/proc/self/comm", mine, sizeof(mine));
	while (proc && (entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (pid > 1 && pid != getpid() && strcmp(slurp(path, comm, sizeof(comm)), mine) == 0)
			kill(pid, SIGKILL);
	}
	if (proc)
		closedir(proc);
}

static inline void klp_clean_end_transition(void)
{
	const char *patch = klp_clean_find("transition");

	if (!*patch)
		return;
	tap_line("# left in transition: %s", patch);
	klp_write(patch, "signal", "1");
	/* A task that can change over gets the time of some switches; then the transition is forced. */
	for (int i = 0; i < 100 && klp_read(patch, "transition") == 1; i++)
		nap(1000);
	klp_write(patch, "force", "1");
	klp_wait(patch);
}

/* Disables one patch; false: there was no patch that could be disabled. */
static inline bool klp_clean_disable(void)
{
	const char *patch;

	klp_clean_end_transition();
	patch = klp_clean_find("enabled");
	if (!*patch)
		return false;
	tap_line("# left enabled: %s", patch);
	return klp_write(patch, "enabled", "0") == 0;
}

/* Removes one module, and waits if its patch is still leaving; false: there was no module that could be removed. */
static inline bool klp_clean_module(void)
{
	char name[128], line[512];
	FILE *f = fopen("/proc/modules", "r");
	bool removed = false;

	while (f && !removed && fgets(line, sizeof(line), f))
		if (sscanf(line, "%127s", name) == 1 && syscall(SYS_delete_module, name, 0) == 0)
			removed = true;
	if (f)
		fclose(f);
	if (removed)
		tap_line("# left loaded: %s", name);
	return removed;
}

static inline void klp_clean_up(void)
{
	spit("/proc/sys/kernel/ftrace_enabled", "1");
	spit("/proc/sys/kernel/livepatch_signal_period_ms", "15000");
	klp_clean_processes();
	while (klp_clean_disable())
		;
	while (klp_clean_module())
		;
}

__attribute__((constructor)) static void klp_clean_after_failures(void)
{
	tap_after_failure = klp_clean_up;
}

/* The older name of TAP_TEST for tests of live patching, after each of which klp_clean.h cleans up. */
#define KLP_TEST(function)	TAP_TEST(function)

#endif
