/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths as text.  ".." is resolved textually: after a symbolic link it leads to the parent in the
 * text, and not to the parent of the link's target (docs/files.md).
 */
#include <neurath/string.h>
#include <neurath/path_text.h>

/*
 * Normalises the path at @s in place: "/a/b", or "" for the root.  The path must be empty or
 * start with '/', so that the output is never ahead of the input.  Returns the length.
 */
static size_t path_normalise(char *s)
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
			if (out != in)		/* a "." or a doubled slash came before */
				memmove(out, in, len);
			out += len;
		}
		in = end;
	}
	*out = '\0';
	return (size_t)(out - s);
}

bool path_is_below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(path, prefix, len) && (path[len] == '/' || !path[len]);
}

const char *path_seen_from(const char *path, const char *root)
{
	if (!path_is_below(path, root))
		return path;
	path += strlen(root);
	return *path ? path : "/";
}

/* By enum path_ending.  No mark is the end of another mark behind a name. */
static const char *const path_marks[] = { "", "/", "/.", "/..", "//" };

/* The ending of the text @path, whose NUL is at @end. */
static enum path_ending path_ending_of(const char *path, const char *end)
{
	const char *last;
	bool slash = false;

	for (; end > path && end[-1] == '/'; end--)
		slash = true;
	if (end == path)
		return slash ? PATH_ENDS_ROOT : PATH_ENDS_NAME;
	for (last = end; last > path && last[-1] != '/'; last--)
		;
	if (end - last == 1 && last[0] == '.')
		return PATH_ENDS_DOT;
	if (end - last == 2 && last[0] == '.' && last[1] == '.')
		return PATH_ENDS_DOTDOT;
	return slash ? PATH_ENDS_SLASH : PATH_ENDS_NAME;
}

size_t path_compose_size(const char *root, const char *base, const char *path)
{
	/* Two slashes between, an ending, the NUL. */
	return strlen(root) + strlen(base) + strlen(path) + 2 + 3 + 1;
}

size_t path_compose(char *out, const char *root, const char *base, const char *path)
{
	size_t root_len, base_len, path_len = strlen(path), len;
	const char *mark = path_marks[path_ending_of(path, path + path_len)];

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
	memcpy(out + root_len + 2 + base_len, path, path_len + 1);
	len = root_len + path_normalise(out + root_len);
	for (; *mark; mark++)
		out[len++] = *mark;
	if (!len)
		out[len++] = '/';
	out[len] = '\0';
	return len;
}

enum path_ending path_take_ending(char *path)
{
	size_t len = strlen(path);

	for (enum path_ending e = PATH_ENDS_ROOT; e > PATH_ENDS_NAME && len > 1; e--) {
		size_t mark = strlen(path_marks[e]);

		if (len < mark || strcmp(path + len - mark, path_marks[e]))
			continue;
		path[len > mark ? len - mark : 1] = '\0';
		return e;
	}
	return PATH_ENDS_NAME;
}

void path_cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	slash[slash == path] = '\0';
}
