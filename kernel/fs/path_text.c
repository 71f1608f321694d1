/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths as text.  ".." is resolved lexically: after a symbolic link it leads to the
 * directory that the text names, not to that of the link's target (docs/files.md).
 */
#include <neurath/string.h>
#include "path_text.h"

/*
 * Normalises the path at @s in place: "/a/b", or "" for the root.  It must be empty or
 * start with '/': so what is written never overtakes what is read.
 */
static void path_normalise(char *s)
{
	const char *in = s;
	char *out = s;

	while (*in) {
		const char *end;
		size_t len;

		while (*in == '/')
			in++;
		for (end = in; *end && *end != '/'; end++)
			;
		len = end - in;
		if (len == 2 && in[0] == '.' && in[1] == '.') {
			while (out > s && *--out != '/')
				;
		} else if (len && !(len == 1 && in[0] == '.')) {
			*out++ = '/';
			memmove(out, in, len);
			out += len;
		}
		in = end;
	}
	*out = '\0';
}

bool path_is_below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(path, prefix, len) && (path[len] == '/' || !path[len]);
}

/* "x/", "x/." and "x/..": must be a directory, and a link is followed. */
static bool path_names_directory(const char *path)
{
	const char *last = strrchr(path, '/');

	last = last ? last + 1 : path;
	return !*last || !strcmp(last, ".") || !strcmp(last, "..");
}

size_t path_compose_size(const char *root, const char *base, const char *path)
{
	/* Two slashes between, one as a mark, the NUL. */
	return strlen(root) + strlen(base) + strlen(path) + 4;
}

void path_compose(char *out, const char *root, const char *base, const char *path)
{
	size_t root_len, base_len;

	if (path[0] == '/')
		base = "";
	else if (path_is_below(base, root))
		base += strlen(root);
	else
		root = "";
	root_len = strlen(root);
	base_len = strlen(base);
	memcpy(out, root, root_len);
	out[root_len] = '/';
	memcpy(out + root_len + 1, base, base_len);
	out[root_len + 1 + base_len] = '/';
	memcpy(out + root_len + 2 + base_len, path, strlen(path) + 1);
	path_normalise(out + root_len);
	if (!out[0] || path_names_directory(path))
		memcpy(out + strlen(out), "/", 2);
}

bool path_take_directory_mark(char *path)
{
	size_t len = strlen(path);

	if (len < 2 || path[len - 1] != '/')
		return false;
	path[len - 1] = '\0';
	return true;
}
