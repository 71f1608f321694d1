/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_story.h - compares the log of live patching line by line: lines of the core without their
 * prefix "livepatch: ", and lines of the test modules klp_* with their prefix.  The order of the lines
 * is an interface.
 */
#ifndef TESTS_KLP_STORY_H
#define TESTS_KLP_STORY_H

#include "klp.h"

#define INITIALIZING(patch, direction)	"'" patch "': initializing " direction " transition\n"
#define STARTING(patch, direction)	"'" patch "': starting " direction " transition\n"
#define COMPLETING(patch, direction)	"'" patch "': completing " direction " transition\n"
#define COMPLETE(patch, direction)	"'" patch "': " direction " complete\n"
#define REVERSING(patch, from, to)	"'" patch "': reversing transition from " from " to " to "\n"
#define ENABLING(patch)			"enabling patch '" patch "'\n" INITIALIZING(patch, "patching")
#define CANCELING(patch) \
	"failed to enable patch '" patch "'\n" \
	"'" patch "': canceling patching transition, going to unpatch\n" COMPLETING(patch, "unpatching")
/* The lines of an enabled patch without callbacks. */
#define ENABLED(patch) \
	ENABLING(patch) STARTING(patch, "patching") COMPLETING(patch, "patching") COMPLETE(patch, "patching")
#define DISABLED(patch) \
	INITIALIZING(patch, "unpatching") STARTING(patch, "unpatching") COMPLETING(patch, "unpatching") \
	COMPLETE(patch, "unpatching")

/* The text of a line of the log behind level and time; NULL if the line is not about live patching. */
static inline const char *story_text(const char *line, const char *end)
{
	const char *text = memchr(line, ']', end - line);

	if (!text || end - text < 6)
		return NULL;
	text += 2;
	if (memmem(text, end - text, "tainting kernel", 15))
		return NULL;
	if (strncmp(text, "livepatch: ", 11) == 0)
		return text + 11;
	return strncmp(text, "klp_", 4) == 0 ? text : NULL;
}

static inline const char *story(void)
{
	static char lines[64 * 1024];
	size_t n = 0;

	for (const char *at = klp_log(), *end; (end = strchr(at, '\n')); at = end + 1) {
		const char *text = story_text(at, end);

		if (!text || n + (end - text) + 2 > sizeof(lines))
			continue;
		memcpy(lines + n, text, end - text + 1);
		n += end - text + 1;
	}
	lines[n] = 0;
	return lines;
}

static inline void story_print(const char *title, const char *text)
{
	tap_line("# %s:", title);
	for (const char *end; (end = strchr(text, '\n')); text = end + 1)
		tap_line("#   %.*s", (int)(end - text), text);
}

/* Checks that the story since the last klp_log_clear() is @expected, and begins a new story. */
static inline void story_check(int line, const char *expected)
{
	const char *got = story();

	if (strcmp(got, expected) != 0) {
		story_print("the log tells", got);
		story_print("expected", expected);
		tap_line("# story of line %d differs", line);
		_exit(1);
	}
	klp_log_clear();
}
#define STORY(expected)	story_check(__LINE__, expected)

#endif
