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

/* aux of a redirect: the second path is the one replaced. */
#define REDIRECT_SECOND	(1ull << 32)

static struct walk walk, walk2;
static char path[2 * SRV_PATH_MAX];

/* May @cred add and remove names in the directory of @w? */
static int may_change(const struct walk *w, struct cred cred)
{
	return w->dir ? node_access(w->dir, 3, cred) : -EBUSY;
}

int node_make(const struct walk *w, uint32_t mode, struct cred cred, struct node **out)
{
	struct node *node;
	int rc;

	if (!w->dir)
		return -EEXIST;
	rc = may_change(w, cred);
	if (rc < 0)
		return rc;
	node = node_create(mode, cred);
	if (!node)
		return -ENOSPC;
	if (w->dir->mode & S_ISGID) {
		node->gid = w->dir->gid;
		if (S_ISDIR(mode))
			node->mode |= S_ISGID;
	}
	rc = dir_add(w->dir, w->name, w->len, node);
	if (rc < 0) {
		CHANGE(node->nlink) = 0;
		node_release(node);
		return rc == -ENOMEM ? -ENOSPC : rc;
	}
	*out = node;
	return 0;
}

static int64_t ramfs_mknod(struct srv *srv, const struct port_request *req,
			   struct port_reply *reply)
{
	uint32_t mode = (uint32_t)req->arg[0];
	struct node *node;
	int64_t rc = srv_path(srv, req, path);

	if (rc < 0)
		return rc;
	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	rc = path_walk(path, WALK_CREATE | WALK_NOFOLLOW, cred_of(req), &walk);
	if (rc < 0)
		return walk_status(reply, &walk, (int)rc);
	if (walk.node)
		return -EEXIST;
	/* Devices are names that servers mount; a node here could not lead to one. */
	if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISFIFO(mode))
		return -EPERM;
	return node_make(&walk, mode & (S_IFMT | 07777), cred_of(req), &node);
}

/* Checks that the name in @w may be taken away. */
static int may_take(const struct walk *w, struct cred cred)
{
	int rc = may_change(w, cred);

	return rc < 0 ? rc : node_may_remove(w->dir, w->node, cred);
}

static int64_t ramfs_unlink(struct srv *srv, const struct port_request *req,
			    struct port_reply *reply)
{
	bool is_dir = req->arg[0] & 1;
	struct node *node;
	int64_t rc = srv_path(srv, req, path);

	if (rc < 0)
		return rc;
	rc = path_walk(path, WALK_NOFOLLOW, cred_of(req), &walk);
	if (rc < 0)
		return walk_status(reply, &walk, (int)rc);
	node = walk.node;
	rc = may_take(&walk, cred_of(req));
	if (rc < 0)
		return rc;
	if (is_dir != node_is_dir(node))
		return is_dir ? -ENOTDIR : -EISDIR;
	if (is_dir && node->dir.count)
		return -ENOTEMPTY;
	dir_remove(walk.entry);
	dir_forget(node);
	return 0;
}

/*
 * The two paths of a request, walked into walk and walk2; on PORT_REDIRECT aux says which one the
 * new path replaces.
 */
static int64_t walk_two(struct srv *srv, const struct port_request *req, struct port_reply *reply,
			unsigned flags1, unsigned flags2)
{
	static char second[SRV_PATH_MAX];
	uint64_t first_len = req->arg[0];
	int64_t n = srv_input(srv, req, path, sizeof(path) - 1);
	int64_t rc;

	if (n < 0)
		return n == -EMSGSIZE ? -ENAMETOOLONG : n;
	if (first_len > (uint64_t)n)
		return -EINVAL;
	path[n] = '\0';
	if (first_len >= SRV_PATH_MAX || n - first_len >= SRV_PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(second, path + first_len, n - first_len + 1);
	path[first_len] = '\0';
	rc = path_walk(path, flags1, cred_of(req), &walk);
	if (rc < 0)
		return walk_status(reply, &walk, rc);
	rc = path_walk(second, flags2, cred_of(req), &walk2);
	if (rc < 0) {
		rc = walk_status(reply, &walk2, rc);
		reply->aux |= REDIRECT_SECOND;
		return rc;
	}
	return 0;
}

/* What stands at the new name must fit what comes. */
static int rename_target_check(struct cred cred, unsigned flags)
{
	struct node *node = walk.node, *target = walk2.node;
	int rc;

	if (!target)
		return 0;
	if (flags & RENAME_NOREPLACE)
		return -EEXIST;
	rc = node_may_remove(walk2.dir, target, cred);
	if (rc < 0)
		return rc;
	if (node_is_dir(node) && !node_is_dir(target))
		return -ENOTDIR;
	if (!node_is_dir(node) && node_is_dir(target))
		return -EISDIR;
	return node_is_dir(target) && target->dir.count ? -ENOTEMPTY : 0;
}

static int rename_check(struct cred cred, unsigned flags)
{
	int rc = may_take(&walk, cred);

	if (rc == 0)
		rc = may_change(&walk2, cred);
	if (rc < 0)
		return rc;
	if (walk.node == walk2.node)
		return flags & RENAME_NOREPLACE ? -EEXIST : 0;
	if (node_is_dir(walk.node) && dir_is_below(walk2.dir, walk.node))
		return -EINVAL;
	if (walk2.node && node_is_dir(walk2.node) && dir_is_below(walk.dir, walk2.node))
		return -ENOTEMPTY;	/* it holds what is being moved */
	return rename_target_check(cred, flags);
}

static int64_t ramfs_rename(struct srv *srv, const struct port_request *req,
			    struct port_reply *reply)
{
	unsigned flags = (unsigned)req->arg[1];
	int64_t rc = walk_two(srv, req, reply, WALK_CREATE | WALK_NOFOLLOW,
			      WALK_CREATE | WALK_NOFOLLOW);

	if (rc < 0)
		return rc;
	if (!walk.node)
		return -ENOENT;
	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	rc = rename_check(cred_of(req), flags);
	if (rc < 0)
		return rc;
	if (walk.node == walk2.node)
		return 0;
	if (walk2.entry) {
		dir_replace(walk2.entry, walk.node);
	} else {
		rc = dir_add(walk2.dir, walk2.name, walk2.len, walk.node);
		if (rc < 0)
			return rc == -ENOMEM ? -ENOSPC : rc;
	}
	dir_remove(walk.entry);
	CHANGE(walk.node->ctime) = srv_now();
	return 0;
}

static int64_t ramfs_link(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	int64_t rc = walk_two(srv, req, reply, req->arg[1] & 1 ? 0 : WALK_NOFOLLOW,
			      WALK_CREATE | WALK_NOFOLLOW);

	if (rc < 0)
		return rc;
	if (walk2.node)
		return -EEXIST;
	if (node_is_dir(walk.node))
		return -EPERM;
	rc = may_change(&walk2, cred_of(req));
	if (rc < 0)
		return rc;
	rc = dir_add(walk2.dir, walk2.name, walk2.len, walk.node);
	if (rc == 0)
		CHANGE(walk.node->ctime) = srv_now();
	return rc == -ENOMEM ? -ENOSPC : rc;
}

static int64_t ramfs_symlink(struct srv *srv, const struct port_request *req,
			     struct port_reply *reply)
{
	uint64_t target_len = req->arg[0];
	struct node *node;
	char *target;
	int64_t rc = srv_input(srv, req, path, sizeof(path) - 1);

	if (rc < 0)
		return rc == -EMSGSIZE ? -ENAMETOOLONG : rc;
	path[rc] = '\0';
	if (target_len > (uint64_t)rc)
		return -EINVAL;
	/* The length may count an ending NUL. */
	if (strnlen(path, target_len) == 0)
		return -ENOENT;
	if (strnlen(path, target_len) >= SRV_PATH_MAX)
		return -ENAMETOOLONG;
	rc = path_walk(path + target_len, WALK_CREATE | WALK_NOFOLLOW, cred_of(req), &walk);
	if (rc < 0)
		return walk_status(reply, &walk, (int)rc);
	if (walk.node)
		return -EEXIST;
	target_len = strnlen(path, target_len);
	target = heap_alloc(target_len + 1);
	if (!target)
		return -ENOSPC;
	memcpy(target, path, target_len);
	target[target_len] = '\0';
	rc = node_make(&walk, S_IFLNK | 0777, cred_of(req), &node);
	if (rc < 0) {
		heap_free(target, target_len + 1);
		return rc;
	}
	node->link = (struct link){ target, target_len, true };
	return 0;
}

static int64_t ramfs_readlink(struct srv *srv, const struct port_request *req,
			      struct port_reply *reply)
{
	const struct link *link;
	size_t len;
	int64_t rc = srv_path(srv, req, path);

	if (rc < 0)
		return rc;
	rc = path_walk(path, WALK_NOFOLLOW, cred_of(req), &walk);
	if (rc < 0)
		return walk_status(reply, &walk, (int)rc);
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
