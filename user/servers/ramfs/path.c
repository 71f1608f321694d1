/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a path to a node.  The kernel sends normalised paths that start at the mount point.  Only
 * the kernel knows the mounts, so a symbolic link is resolved here only if its target is a name
 * in the same directory and not a directory (all of /bin are such links).  For every other link
 * the new path returns to the kernel as a redirect.
 */
#include <errno.h>
#include <string.h>
#include "ramfs.h"

#define MAX_LINKS	8

static bool append(struct walk *walk, size_t *used, const char *text, size_t len)
{
	if (len >= sizeof(walk->redirect) - *used)
		return false;
	memcpy(walk->redirect + *used, text, len);
	*used += len;
	walk->redirect[*used] = '\0';
	return true;
}

/*
 * Found @link behind @before (the path so far, with its slash); @after is still to be walked.  A
 * relative target is relative to the mount, so the walked part precedes it.
 */
static int path_redirect(struct walk *walk, const char *before, size_t before_len,
			 const struct link *link, const char *after)
{
	size_t used = 0;
	bool relative = link->len && link->target[0] != '/';

	if (!link->len)
		return -ENOENT;
	if ((relative && !append(walk, &used, before, before_len)) ||
	    !append(walk, &used, link->target, link->len) ||
	    (*after && !append(walk, &used, "/", 1)) ||
	    !append(walk, &used, after, strlen(after)))
		return -ENAMETOOLONG;
	return PORT_REDIRECT;
}

static bool is_dots(const char *name, size_t len)
{
	return (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.');
}

static bool is_plain_name(const char *name, size_t len)
{
	return len > 0 && len <= NAME_BYTES && !memchr(name, '/', len) && !is_dots(name, len);
}

/*
 * The last name of the path is a link to be followed: fills walk if that is possible here, else
 * makes a redirect.  For a link to a missing name in the same directory, O_CREAT creates that
 * name.
 */
static int follow_last(struct walk *walk, const char *path, size_t before_len)
{
	for (int links = 0; walk->node && S_ISLNK(walk->node->mode); links++) {
		const struct link *link = &walk->node->link;
		struct entry *entry;

		if (links == MAX_LINKS)
			return -ELOOP;
		if (!is_plain_name(link->target, link->len))
			return path_redirect(walk, path, before_len, link, "");
		entry = dir_find(walk->dir, link->target, link->len);
		if (entry && node_is_dir(entry->node))
			return path_redirect(walk, path, before_len, link, "");
		walk->name = link->target;
		walk->len = link->len;
		walk->entry = entry;
		walk->node = entry ? entry->node : NULL;
	}
	return 0;
}

static inline const char *skip_slashes(const char *path)
{
	while (*path == '/')
		path++;
	return path;
}

/* The length of the name at @name, up to a slash or the end. */
static inline size_t name_length(const char *name)
{
	size_t len = 0;

	while (name[len] && name[len] != '/')
		len++;
	return len;
}

/* One step from the directory walk->node: fills dir, name, entry, node. */
static int path_step(struct walk *walk, const char *name, size_t len, struct cred cred)
{
	int ret;

	if (!node_is_dir(walk->node))
		return -ENOTDIR;
	ret = node_access(walk->node, 1, cred);
	if (ret < 0)
		return ret;
	if (len > NAME_BYTES)
		return -ENAMETOOLONG;
	if (is_dots(name, len))
		return -EINVAL;		/* the kernel has removed these */
	walk->dir = walk->node;
	walk->name = name;
	walk->len = len;
	walk->entry = dir_find(walk->dir, name, len);
	walk->node = walk->entry ? walk->entry->node : NULL;
	return 0;
}

int path_walk(const char *path, unsigned flags, struct cred cred, struct walk *walk)
{
	const char *at = skip_slashes(path), *name = at;
	int ret;

	walk->dir = NULL;
	walk->entry = NULL;
	walk->name = "";
	walk->len = 0;
	walk->node = kept->root;
	while (*at) {
		size_t len = name_length(at);

		name = at;
		ret = path_step(walk, name, len, cred);
		if (ret < 0)
			return ret;
		at = skip_slashes(at + len);
		if (!*at)
			break;
		if (!walk->node)
			return -ENOENT;
		if (S_ISLNK(walk->node->mode))
			return path_redirect(walk, path, name - path, &walk->node->link, at);
	}
	if (!(flags & WALK_NOFOLLOW)) {
		ret = follow_last(walk, path, name - path);
		if (ret < 0)
			return ret;
	}
	if (!walk->node)
		return flags & WALK_CREATE ? 0 : -ENOENT;
	if (flags & WALK_DIRECTORY && !node_is_dir(walk->node))
		return -ENOTDIR;
	return flags & WALK_SEARCH ? node_access(walk->node, 1, cred) : 0;
}

int64_t walk_status(struct port_reply *reply, const struct walk *walk, int error)
{
	if (error == PORT_REDIRECT)
		reply->aux = strlen(walk->redirect);
	return error == PORT_REDIRECT ? srv_data(reply, error, walk->redirect, reply->aux) : error;
}
