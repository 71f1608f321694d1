/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths as text: no locks, no memory, no other state.  Also compiled on the host for tests. */
#ifndef FS_PATH_TEXT_H
#define FS_PATH_TEXT_H

#include <neurath/types.h>

/* True if @path is @prefix or is below it; every absolute path is below the prefix "". */
bool path_is_below(const char *path, const char *prefix);
/*
 * The name of the absolute @path for a process with the root @root ("", "/" or a normal path); a
 * path outside of the root keeps its name.  A part of @path, or constant.
 */
const char *path_seen_from(const char *path, const char *root);
/* The buffer size for path_compose(), with the NUL. */
size_t path_compose_size(const char *root, const char *base, const char *path);
/*
 * The ending of a path's text.  Every ending except a plain name requires a directory
 * (path_ending.c).  Ordered by strictness: of two endings, the greater one counts.
 */
enum path_ending {
	PATH_ENDS_NAME,
	PATH_ENDS_SLASH,		/* "x/" */
	PATH_ENDS_DOT,			/* ".", "x/.", "x/./" */
	PATH_ENDS_DOTDOT,		/* "..", "x/.." */
	PATH_ENDS_ROOT,			/* "/": only slashes */
};

/*
 * Writes the absolute, normalised path into @out: @path, relative to @base if it is not absolute,
 * both inside of @root ("" or a normal absolute path).  "." and ".." and doubled '/' are removed,
 * and ".." does not leave the root.  A @base outside of the root counts without it.  An ending
 * other than a name follows the result as a mark: "/", "/.", "/..", "//".  Returns the length.
 */
size_t path_compose(char *out, const char *root, const char *base, const char *path);
/* Removes the mark: afterwards @path is "/" or has no final '/'. */
enum path_ending path_take_ending(char *path);
/* Removes the last name of an absolute path without a mark. */
void path_cut_name(char *path);

#endif
