/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns for names of functions and events: '*' is any text, '?' any character, "[abc]",
 * "[a-z]" and "[!a]" one character of a class or outside of it.  A '[' without its ']' is a
 * character like others.  Filters match in any context, NMIs included.
 */
#include <neurath/hook.h>
#include "internal.h"

/* The length of the class at the start of @pattern with its brackets; 0: there is none. */
static notrace size_t class_length(const char *pattern, size_t len)
{
	size_t i = 1;

	if (!len || *pattern != '[')
		return 0;
	if (i < len && pattern[i] == '!')
		i++;
	/* A ']' in the first place is one of the characters. */
	for (i++; i < len; i++)
		if (pattern[i] == ']')
			return i + 1;
	return 0;
}

/* Whether @c is in the class, whose text has @len bytes with the brackets. */
static notrace bool class_has(const char *class, size_t len, char c)
{
	bool inverted = class[1] == '!', found = false;

	for (size_t i = 1 + inverted; i < len - 1; i++) {
		char first = class[i], last = first;

		if (i + 2 < len - 1 && class[i + 1] == '-') {
			last = class[i + 2];
			i += 2;
		}
		found |= first <= c && c <= last;
	}
	return found != inverted;
}

/* The length of the first part of @pattern if it matches @c; 0: it does not. */
static notrace size_t match_one(const char *pattern, size_t len, char c)
{
	size_t class = class_length(pattern, len);

	if (class)
		return class_has(pattern, class, c) ? class : 0;
	return *pattern == '?' || *pattern == c;
}

notrace bool trace_glob(const char *pattern, size_t len, const char *text)
{
	/* behind the last '*', and the rest of the text that it leaves */
	const char *star = NULL, *again = NULL;
	size_t star_len = 0, part;

	for (;;) {
		if (len && *pattern == '*') {
			star = ++pattern;
			star_len = --len;
			again = text;
			continue;
		}
		if (!*text)
			return !len;
		part = len ? match_one(pattern, len, *text) : 0;
		if (!part && !star)
			return false;
		/* If the rest does not match, the '*' takes one character more. */
		pattern = part ? pattern + part : star;
		len = part ? len - part : star_len;
		text = part ? text + 1 : ++again;
	}
}
