/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that change names: mknod (mkdir), unlink (rmdir), rename, link, symlink, readlink.
 * Each handler checks everything first; the step that changes the tree cannot fail afterwards.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ramfs.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* aux of a redirect: it replaces the second path. */
#define REDIRECT_SECOND	(1ull << 32)

static struct walk walk, walk2;
static char path[2 * SRV_PATH_MAX];

/* 0 if @cred may add and remove names in the directory of @w. */
static int may_change(const struct walk *w, struct cred cred)
{
	return w->dir ? node_access(w->dir, 3, cred) : -EBUSY;
}

int node_make(const struct walk *w, uint32_t mode, struct cred cred, struct node **out)
{
	struct node *node;
	int ret;

	if (!w->dir)
		return -EEXIST;
	ret = may_change(w, cred);
	if (ret < 0)
		return ret;
	node = node_create(node_create_mode(mode, w->dir, cred), cred);
	if (!node)
		return -ENOSPC;
	if (w->dir->mode & S_ISGID)
		node->gid = w->dir->gid;
	ret = dir_add(w->dir, w->name, w->len, node);
	if (ret < 0) {
		CHANGE(node->nlink) = 0;
		node_release(node);
		return ret == -ENOMEM ? -ENOSPC : ret;
	}
	*out = node;
	return 0;
}

static int64_t ramfs_mknod(struct srv *srv, const struct port_request *req,
			   struct port_reply *reply)
{
	uint32_t mode = (uint32_t)req->arg[0];
	struct node *node;
	int64_t ret = srv_path(srv, req, path);

	if (ret < 0)
		return ret;
	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	ret = path_walk(path, WALK_CREATE | WALK_NOFOLLOW, cred_of(req), &walk);
	if (ret < 0)
		return walk_status(reply, &walk, (int)ret);
	if (walk.node)
		return -EEXIST;
	/* Devices are mount points of servers; a node here could not lead to a device. */
	if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISFIFO(mode))
		return -EPERM;
	return node_make(&walk, mode & (S_IFMT | 07777), cred_of(req), &node);
}

/* Checks that the name in @w may be removed. */
static int may_take(const struct walk *w, struct cred cred)
{
	int ret = may_change(w, cred);

	return ret < 0 ? ret : node_may_remove(w->dir, w->node, cred);
}

static int64_t ramfs_unlink(struct srv *srv, const struct port_request *req,
			    struct port_reply *reply)
{
	bool is_dir = req->arg[0] & 1;
	struct node *node;
	int64_t ret = srv_path(srv, req, path);

	if (ret < 0)
		return ret;
	ret = path_walk(path, WALK_NOFOLLOW, cred_of(req), &walk);
	if (ret < 0)
		return walk_status(reply, &walk, (int)ret);
	node = walk.node;
	ret = may_take(&walk, cred_of(req));
	if (ret < 0)
		return ret;
	if (is_dir != node_is_dir(node))
		return is_dir ? -ENOTDIR : -EISDIR;
	if (is_dir && node->dir.count)
		return -ENOTEMPTY;
	dir_remove(walk.entry);
	dir_forget(node);
	return 0;
}

/*
 * Walks the two paths of a request into walk and walk2.  On PORT_REDIRECT aux says which path is
 * replaced.
 */
static int64_t walk_two(struct srv *srv, const struct port_request *req, struct port_reply *reply,
			unsigned flags1, unsigned flags2)
{
	static char second[SRV_PATH_MAX];
	uint64_t first_len = req->arg[0];
	int64_t n = srv_input(srv, req, path, sizeof(path) - 1);
	int64_t ret;

	if (n < 0)
		return n == -EMSGSIZE ? -ENAMETOOLONG : n;
	if (first_len > (uint64_t)n)
		return -EINVAL;
	path[n] = '\0';
	if (first_len >= SRV_PATH_MAX || n - first_len >= SRV_PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(second, path + first_len, n - first_len + 1);
	path[first_len] = '\0';
	ret = path_walk(path, flags1, cred_of(req), &walk);
	if (ret < 0)
		return walk_status(reply, &walk, ret);
	ret = path_walk(second, flags2, cred_of(req), &walk2);
	if (ret < 0) {
		ret = walk_status(reply, &walk2, ret);
		reply->aux |= REDIRECT_SECOND;
		return ret;
	}
	return 0;
}

/* An existing file at the new name must match the moved one. */
static int rename_target_check(struct cred cred)
{
	struct node *node = walk.node, *target = walk2.node;
	int ret;

	if (!target)
		return 0;
	ret = node_may_remove(walk2.dir, target, cred);
	if (ret < 0)
		return ret;
	if (node_is_dir(node) && !node_is_dir(target))
		return -ENOTDIR;
	if (!node_is_dir(node) && node_is_dir(target))
		return -EISDIR;
	return node_is_dir(target) && target->dir.count ? -ENOTEMPTY : 0;
}

static int rename_check(struct cred cred)
{
	int ret = may_take(&walk, cred);

	if (ret == 0)
		ret = may_change(&walk2, cred);
	if (ret < 0)
		return ret;
	if (walk.node == walk2.node)
		return 0;
	if (node_is_dir(walk.node) && dir_is_below(walk2.dir, walk.node))
		return -EINVAL;
	if (walk2.node && node_is_dir(walk2.node) && dir_is_below(walk.dir, walk2.node))
		return -ENOTEMPTY;	/* it contains the moved file */
	return rename_target_check(cred);
}

static int64_t ramfs_rename(struct srv *srv, const struct port_request *req,
			    struct port_reply *reply)
{
	unsigned flags = (unsigned)req->arg[1];
	int64_t ret = walk_two(srv, req, reply, WALK_CREATE | WALK_NOFOLLOW,
			      WALK_CREATE | WALK_NOFOLLOW);

	if (ret < 0)
		return ret;
	if (!walk.node)
		return -ENOENT;
	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	if (flags & RENAME_NOREPLACE && walk2.node)
		return -EEXIST;
	if (req->flags & PORT_REQ_DIRECTORY && !node_is_dir(walk.node))
		return -ENOTDIR;
	ret = rename_check(cred_of(req));
	if (ret < 0)
		return ret;
	if (walk.node == walk2.node)
		return 0;
	if (walk2.entry) {
		dir_replace(walk2.entry, walk.node);
	} else {
		ret = dir_add(walk2.dir, walk2.name, walk2.len, walk.node);
		if (ret < 0)
			return ret == -ENOMEM ? -ENOSPC : ret;
	}
	dir_remove(walk.entry);
	CHANGE(walk.node->ctime) = srv_now();
	return 0;
}

static int64_t ramfs_link(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	int64_t ret = walk_two(srv, req, reply,
			      walk_flags(req, req->arg[1] & 1 ? 0 : WALK_NOFOLLOW),
			      WALK_CREATE | WALK_NOFOLLOW);

	if (ret < 0)
		return ret;
	if (walk2.node)
		return -EEXIST;
	if (node_is_dir(walk.node))
		return -EPERM;
	ret = may_change(&walk2, cred_of(req));
	if (ret < 0)
		return ret;
	ret = dir_add(walk2.dir, walk2.name, walk2.len, walk.node);
	if (ret == 0)
		CHANGE(walk.node->ctime) = srv_now();
	return ret == -ENOMEM ? -ENOSPC : ret;
}

static int64_t ramfs_symlink(struct srv *srv, const struct port_request *req,
			     struct port_reply *reply)
{
	uint64_t target_len = req->arg[0];
	struct node *node;
	char *target;
	int64_t ret = srv_input(srv, req, path, sizeof(path) - 1);

	if (ret < 0)
		return ret == -EMSGSIZE ? -ENAMETOOLONG : ret;
	path[ret] = '\0';
	if (target_len > (uint64_t)ret)
		return -EINVAL;
	/* The length may include a final NUL. */
	if (strnlen(path, target_len) == 0)
		return -ENOENT;
	if (strnlen(path, target_len) >= SRV_PATH_MAX)
		return -ENAMETOOLONG;
	ret = path_walk(path + target_len, WALK_CREATE | WALK_NOFOLLOW, cred_of(req), &walk);
	if (ret < 0)
		return walk_status(reply, &walk, (int)ret);
	if (walk.node)
		return -EEXIST;
	target_len = strnlen(path, target_len);
	target = heap_alloc(target_len + 1);
	if (!target)
		return -ENOSPC;
	memcpy(target, path, target_len);
	target[target_len] = '\0';
	ret = node_make(&walk, S_IFLNK | 0777, cred_of(req), &node);
	if (ret < 0) {
		heap_free(target, target_len + 1);
		return ret;
	}
	node->link = (struct link){ target, target_len, true };
	return 0;
}

static int64_t ramfs_readlink(struct srv *srv, const struct port_request *req,
			      struct port_reply *reply)
{
	const struct link *link;
	size_t len;
	int64_t ret = srv_path(srv, req, path);

	if (ret < 0)
		return ret;
	ret = path_walk(path, walk_flags(req, WALK_NOFOLLOW), cred_of(req), &walk);
	if (ret < 0)
		return walk_status(reply, &walk, (int)ret);
	if (!S_ISLNK(walk.node->mode))
		return -EINVAL;
	link = &walk.node->link;
	len = link->len < req->out_len ? link->len : req->out_len;
	return srv_data(reply, len, link->target, len);
}

void names_register(struct srv *srv)
{
	srv->op[PORT_MKNOD] = ramfs_mknod;
	srv->op[PORT_UNLINK] = ramfs_unlink;
	srv->op[PORT_RENAME] = ramfs_rename;
	srv->op[PORT_LINK] = ramfs_link;
	srv->op[PORT_SYMLINK] = ramfs_symlink;
	srv->op[PORT_READLINK] = ramfs_readlink;
}
