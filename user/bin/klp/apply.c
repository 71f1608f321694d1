/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply.c - klp apply: builds a patch, names the tasks that would block, loads it and waits.
 *
 * The patch of fix.c is called fix.  When the file is applied again, the new patch is loaded on top
 * of its predecessor as fix_v2, and the predecessor is removed when every task has changed over.
 * So the original function does not run in between.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "build.h"

#define MAX_OLD 16

/* The loaded patches of a file, and their highest version. */
struct predecessors {
	char names[MAX_OLD][NAME_BYTES];
	int count, version;
};

/* The version of "fix", 1, or of "fix_v3"; 0: a patch of another file. */
static int version_of(const char *patch, const char *stem)
{
	size_t n = strlen(stem);
	char *end;
	long version;

	if (strncmp(patch, stem, n) != 0)
		return 0;
	if (!patch[n])
		return 1;
	if (strncmp(patch + n, "_v", 2) != 0)
		return 0;
	version = strtol(patch + n + 2, &end, 10);
	return *end || version < 2 || version > 99999 ? 0 : (int)version;
}

/* Modules count, too: a module whose patch was disabled still uses the name. */
static void find_in(const char *folder, const char *stem, struct predecessors *old, bool patches)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int version = version_of(entry->d_name, stem);

		if (version > old->version)
			old->version = version;
		if (patches && version && old->count < MAX_OLD)
			snprintf(old->names[old->count++], NAME_BYTES, "%.*s", NAME_BYTES - 1,
				 entry->d_name);
	}
	if (dir)
		closedir(dir);
}

static bool take_away(const struct predecessors *old, const char *patch)
{
	const struct options options = { .deadline_ms = -1 };

	for (int i = 0; i < old->count; i++) {
		if (cmd_unload(old->names[i], &options) != DONE)
			return false;
		printf("%s has taken the place of %s\n", patch, old->names[i]);
	}
	return true;
}

int cmd_apply(const char *file, const struct options *options)
{
	struct predecessors old = { .count = 0 };
	struct options waiting = *options;
	char stem[NAME_BYTES - 8], name[NAME_BYTES], path[PATH_BYTES], *words[] = { path };
	const char *slash = strrchr(file, '/');
	int status;

	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : file);
	if (strlen(name) < 3 || strcmp(name + strlen(name) - 2, ".c") != 0) {
		complain("%s: is no C file: its name ends in .c", file);
		return USAGE;
	}
	name[strlen(name) - 2] = '\0';
	module_name(path, name);
	snprintf(stem, sizeof(stem), "%.*s", (int)sizeof(stem) - 1, path);
	find_in(ROOT, stem, &old, true);
	find_in("/sys/module", stem, &old, false);
	snprintf(name, sizeof(name), old.version ? "%s_v%d" : "%s", stem, old.version + 1);
	snprintf(path, sizeof(path), "/tmp/%s.ko", name);
	if (!build_module(file, name, path))
		return REFUSED;
	status = cmd_check(words, 1, options);
	fflush(stdout);
	waiting.wait = true;
	if (status != REFUSED)
		status = cmd_load(path, NULL, 0, &waiting);
	unlink(path);
	if (status == DONE && !take_away(&old, name))
		status = REFUSED;
	if (status == DONE)
		printf("%s is applied; take it back with: klp unload %s\n", name, name);
	return status;
}
