/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths as text: no locks, no memory, no other state.  Also compiled on the host for tests. */
#ifndef FS_PATH_TEXT_H
#define FS_PATH_TEXT_H

#include <neurath/types.h>

/* @path is @prefix or lies below it; the prefix "" is above everything absolute. */
bool path_is_below(const char *path, const char *prefix);
/* Room for path_compose(), with the NUL. */
size_t path_compose_size(const char *root, const char *base, const char *path);
/*
 * The absolute, normal path into @out: @path, if relative below @base, both inside
 * @root ("" or a normal absolute path): "." and ".." and doubled '/' are gone, and ".."
 * does not leave the root.  A @base outside the root counts without it.  The result is "/"
 * or has no ending '/', except as a mark: if @path's text demands a directory ("x/", "x/.").
 */
void path_compose(char *out, const char *root, const char *base, const char *path);
/* Cuts the mark off; true if there was one. */
bool path_take_directory_mark(char *path);

#endif
