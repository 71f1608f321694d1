/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klp list, status and why: the loaded patches, and the tasks that block a transition. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "klp.h"

/* Calls @fn for each subdirectory of @path that is not hidden; their number, or -errno. */
static int each_directory(const char *path, void (*fn)(const char *path, const char *name))
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && entry->d_type == DT_DIR) {
			fn(path, entry->d_name);
			count++;
		}
	closedir(dir);
	return count;
}

const char *state_of(const char *patch)
{
	int enabled = get_number(patch, "enabled");
	int transition = get_number(patch, "transition");

	if (enabled < 0)
		return "gone";
	if (transition > 0)
		return enabled ? "being applied" : "being taken back";
	return enabled ? "applied" : "off";
}

/* Tasks in the `blockers` file: one line each; -errno if it cannot be read. */
static int count_blockers(const char *patch)
{
	char path[PATH_BYTES];
	int lines = 0, c;
	FILE *file;

	attribute_path(path, patch, "blockers");
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static void print_status(const char *root, const char *patch)
{
	int waiting = get_number(patch, "transition") > 0 ? count_blockers(patch) : 0;

	printf("%-24s %s", patch, state_of(patch));
	if (waiting > 0)
		printf(", %d task%s to go (`klp why %s`)", waiting, waiting == 1 ? "" : "s", patch);
	putchar('\n');
}

static void print_function(const char *path, const char *name)
{
	printf("        %s\n", name);
}

static void print_object(const char *root, const char *name)
{
	char path[2 * PATH_BYTES];

	printf("    %s\n", name);
	snprintf(path, sizeof(path), "%s/%s", root, name);
	each_directory(path, print_function);
}

static void print_patch(const char *root, const char *patch)
{
	char path[PATH_BYTES];

	print_status(root, patch);
	snprintf(path, sizeof(path), ROOT "/%s", patch);
	each_directory(path, print_object);
}

static void print_modules(void)
{
	DIR *dir = opendir(MODULES);
	struct dirent *entry;

	if (!dir)
		return;
	printf("modules in " MODULES ":\n");
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".ko"))
			printf("    %s\n", entry->d_name);
	closedir(dir);
}

int cmd_status(void)
{
	int n = each_directory(ROOT, print_status);

	if (n < 0)
		complain(ROOT ": %s: this kernel has no live patching", strerror(-n));
	else if (n == 0)
		printf("no patch is loaded\n");
	return n < 0;
}

int cmd_list(void)
{
	int n = each_directory(ROOT, print_patch);

	if (n < 0)
		complain(ROOT ": %s: this kernel has no live patching", strerror(-n));
	else if (n == 0)
		printf("no patch is loaded\n");
	print_modules();
	return n < 0;
}

int cmd_why(const char *patch)
{
	char path[PATH_BYTES], text[4096];
	size_t n, total = 0;
	FILE *file;

	if (!check_loaded(patch))
		return 1;
	if (get_number(patch, "transition") <= 0) {
		printf("%s: %s; no transition runs\n", patch, state_of(patch));
		return 0;
	}
	attribute_path(path, patch, "blockers");
	file = fopen(path, "re");
	if (!file) {
		complain("%s: %s", path, strerror(errno));
		return 1;
	}
	while ((n = fread(text, 1, sizeof(text), file))) {
		fwrite(text, 1, n, stdout);
		total += n;
	}
	fclose(file);
	printf(total ? "`klp signal %s` asks those that sleep in state S to leave the kernel.\n"
		     : "%s: no task blocks; the transition is about to end\n", patch);
	return 0;
}
