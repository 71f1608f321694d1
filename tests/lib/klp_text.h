/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_text.h - hashes of the kernel's text in memory.  When every patch is disabled the text must equal
 * the text after the boot.  The first suite of a boot stores the hash for all suites.  A suite calls
 * klp_text_remember() before its first test, and TAP_TEST(text_is_as_after_boot) is its last
 * test.
 */
#ifndef TESTS_KLP_TEXT_H
#define TESTS_KLP_TEXT_H

#include "klp.h"

#define KLP_TEXT_FILE	"/tmp/klp_text_after_boot"

/* Calls @each for every symbol of the kernel ("") or of a module. */
static inline void klp_text_symbols(const char *module, void (*each)(uint64_t at, bool text, uint64_t *bound),
				    uint64_t *bound)
{
	char line[1024], name[640], type, owner[80];
	FILE *f = fopen("/proc/kallsyms", "r");

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		unsigned long long at;

		owner[0] = 0;
		if (sscanf(line, "%llx %c %639s [%79[^]]", &at, &type, name, owner) >= 3 && strcmp(owner, module) == 0)
			each(at, (type | 0x20) == 't', bound);
	}
	fclose(f);
}

/*
 * @bound: the first function, the first data, and the last function between these two. The text of init
 * lies behind the data.
 */
static inline void klp_text_first(uint64_t at, bool text, uint64_t *bound)
{
	uint64_t *first = &bound[!text];

	*first = at < *first ? at : *first;
}

static inline void klp_text_last(uint64_t at, bool text, uint64_t *bound)
{
	if (text && at < bound[1] && at > bound[2])
		bound[2] = at;
}

static inline void klp_text_bounds(const char *module, uint64_t *start, uint64_t *end)
{
	uint64_t bound[3] = { UINT64_MAX, UINT64_MAX, 0 };

	klp_text_symbols(module, klp_text_first, bound);
	klp_text_symbols(module, klp_text_last, bound);
	CHECK(bound[0] < bound[2]);
	*start = bound[0];
	*end = bound[2];
}

/* The hash of the text from the first byte of the first function to the entry of the last function. */
static inline void klp_text_hash(const char *module, char *hash, size_t size)
{
	char args[96];
	uint64_t start, end;

	klp_text_bounds(module, &start, &end);
	snprintf(args, sizeof(args), "start=0x%llx end=0x%llx", (unsigned long long)start, (unsigned long long)end);
	CHECK_EQ(insmod_args("klp_text", args), 0);
	slurp("/proc/klp_text", hash, size);
	CHECK_EQ(rmmod("klp_text"), 0);
	CHECK(strlen(hash) > 8);
}

static inline bool klp_text_nothing_is_patched(void)
{
	DIR *dir = opendir(KLP_SYSFS);
	struct dirent *entry;
	bool empty = true;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)))
		empty = empty && entry->d_name[0] == '.';
	closedir(dir);
	return empty;
}

static inline void klp_text_remember(void)
{
	char hash[64];

	if (access(KLP_TEXT_FILE, F_OK) == 0)
		return;
	CHECK(klp_text_nothing_is_patched());
	klp_text_hash("", hash, sizeof(hash));
	CHECK_EQ(spit(KLP_TEXT_FILE, hash), 0);
}

static inline void text_is_as_after_boot(void)
{
	char before[64], after[64];

	CHECK(klp_text_nothing_is_patched());
	slurp(KLP_TEXT_FILE, before, sizeof(before));
	klp_text_hash("", after, sizeof(after));
	CHECK_STR(after, before);
}

#endif
