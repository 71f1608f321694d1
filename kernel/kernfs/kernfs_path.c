/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths below a kernfs mount: the walk, links, and requests that name a node.  Open files are in
 * kernfs_file.c, the tree in kernfs.c.
 *
 * Only kernel objects create and remove names.  A program that tries to create or remove a name
 * gets Linux's errno, after Linux's permission checks: scripts distinguish "not allowed" from
 * "does not exist".
 *
 * Locks: none are held; a reference keeps a node.
 */
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include "../fs/fs_internal.h"
#include "kernfs_internal.h"

/* ---- links ---------------------------------------------------------------------------- */

/*
 * Opens the object of a magic link: by its path if it has one, so that the new description has
 * its own offset and flags; else the description itself.
 */
static int kernfs_follow(struct kernfs_node *node, struct path_request *rq)
{
	struct stat st;
	struct file *f;
	int error = node->ops->follow(node->private, &f);

	if (error)
		return error;
	if (f->path && f->path[0] == '/') {
		rq->redirect = kstrdup(f->path, GFP_KERNEL);
		file_put(f);
		return rq->redirect ? -EREDIRECT : -ENOMEM;
	}
	if (rq->want_directory) {
		file_put(f);
		return -ENOTDIR;
	}
	if (rq->op == PORT_OPEN) {
		rq->file = f;
		return 0;
	}
	if (rq->op != PORT_STAT) {
		/* An object without a name cannot be changed through the link. */
		file_put(f);
		return rq->op == PORT_STATFS ? -ENOSYS : -EPERM;
	}
	error = file_stat(f, &st);
	if (!error) {
		rq->dev = st.st_dev;
		rq->attr = (struct port_attr){
			.node = st.st_ino, .mode = st.st_mode, .nlink = st.st_nlink,
			.uid = st.st_uid, .gid = st.st_gid, .size = st.st_size };
	}
	file_put(f);
	return error;
}

/* The path to which a magic link leads, whatever the caller's root; NULL: @node is no such link. */
static char *kernfs_magic_path(struct kernfs_node *node)
{
	struct file *f;
	char *path;
	int error;

	if (!node->ops || !(node->ops->real_path || node->ops->follow))
		return NULL;
	if (!kernfs_enter(node))
		return ERR_PTR(-ENOENT);
	if (node->ops->real_path) {
		path = node->ops->real_path(node->private);
		kernfs_leave(node);
		return path;
	}
	error = node->ops->follow(node->private, &f);
	kernfs_leave(node);
	if (error)
		return ERR_PTR(error);
	path = f->path && f->path[0] == '/' ? kstrdup(f->path, GFP_KERNEL) : ERR_PTR(-ENOTDIR);
	file_put(f);
	return path ? path : ERR_PTR(-ENOMEM);
}

static char *kernfs_link_target(struct kernfs_node *node)
{
	char *target, *real;

	if (node->ops && node->ops->readlink) {
		if (!kernfs_enter(node))
			return ERR_PTR(-ENOENT);
		target = node->ops->readlink(node->private);
		kernfs_leave(node);
		return target;
	}
	real = kernfs_magic_path(node);
	if (IS_ERR(real))
		return real;
	target = real ? path_as_seen(real) : kstrdup(node->private, GFP_KERNEL);
	kfree(real);
	return target ? target : ERR_PTR(-ENOMEM);
}

/* @target, with '/' and @rest if @rest is not empty: a final slash would require a directory. */
static char *kernfs_join(const char *target, const char *rest)
{
	size_t len = strlen(target) + strlen(rest) + 2;
	char *joined = kmalloc(len, GFP_KERNEL);

	if (joined)
		snprintf(joined, len, "%s%s%s", target, *rest ? "/" : "", rest);
	return joined;
}

/* Continues at the real path @target; consumes @target. */
static int kernfs_jump(struct path_request *rq, char *target, const char *rest)
{
	rq->redirect = kernfs_join(strcmp(target, "/") || !*rest ? target : "", rest);
	kfree(target);
	return rq->redirect ? -EREDIRECT : -ENOMEM;
}

/* Redirects at a link at the end of @path[0..upto); @rest is still to be walked behind it. */
static int kernfs_redirect(struct kernfs_node *node, struct path_request *rq, const char *upto,
			   const char *rest)
{
	char *target = kernfs_magic_path(node), *base, *joined;
	int error = -ENOMEM;

	if (IS_ERR(target))
		return PTR_ERR(target);
	if (target)
		return kernfs_jump(rq, target, rest);
	target = kernfs_link_target(node);
	if (IS_ERR(target))
		return PTR_ERR(target);
	while (upto > rq->path && upto[-1] != '/')
		upto--;		/* a link is relative to the directory that contains it */
	base = kstrndup(rq->path, upto - rq->path, GFP_KERNEL);
	joined = kernfs_join(target, rest);
	if (base && joined)
		error = path_redirect(rq, base, joined);
	kfree(joined);
	kfree(base);
	kfree(target);
	return error;
}

/* ---- the walk -------------------------------------------------------------------------- */

static bool kernfs_makes_name(const struct path_request *rq)
{
	switch (rq->op) {
	case PORT_OPEN:
		return rq->arg0 & O_CREAT;
	case PORT_MKNOD:
	case PORT_SYMLINK:
		return true;
	default:
		return false;
	}
}

static int kernfs_may_change(const struct kernfs_node *dir)
{
	return mode_permission(dir->mode, dir->uid, dir->gid, MAY_WRITE | MAY_EXEC);
}

/*
 * @dir has no such name, and a user cannot create one.  In /proc the result is always "does not
 * exist"; elsewhere it depends on permissions and on what the file system can do.
 */
static int kernfs_missing(const struct kernfs_node *dir, const struct path_request *rq)
{
	if (!kernfs_makes_name(rq) || kernfs_is_proc(dir))
		return -ENOENT;
	return kernfs_may_change(dir) || rq->op == PORT_OPEN ? -EACCES : -EPERM;
}

/* Checks that @node is what the ending of the caller's path requires. */
static int kernfs_check_ending(const struct kernfs_node *node, const struct path_request *rq)
{
	if (rq->want_directory && !S_ISDIR(node->mode))
		return -ENOTDIR;
	return rq->want_search ? mode_permission(node->mode, node->uid, node->gid, MAY_EXEC) : 0;
}

/*
 * Walks rq->rest from the root of @mnt.  Returns 0 and the node with a reference; -EREDIRECT at a
 * link that must be followed; 1 if following a link has performed the request.
 */
static int kernfs_walk(struct mount *mnt, struct path_request *rq, struct kernfs_node **out)
{
	struct kernfs_node *node = mnt->tree, *child;
	const char *rest = rq->rest;
	char name[256];
	int error;

	kernfs_get(node);
	while (*rest) {
		const char *slash = strchr(rest, '/');
		size_t len = slash ? (size_t)(slash - rest) : strlen(rest);
		const char *next = slash ? slash + 1 : rest + len;

		error = !S_ISDIR(node->mode) ? -ENOTDIR : len >= sizeof(name) ? -ENAMETOOLONG :
		      mode_permission(node->mode, node->uid, node->gid, MAY_EXEC);
		if (!error) {
			memcpy(name, rest, len);
			name[len] = '\0';
			error = kernfs_lookup_child(node, name, &child);
			if (error == -ENOENT && !*next)
				error = kernfs_missing(node, rq);
		}
		kernfs_put(node);
		if (error)
			return error;
		node = child;
		if (S_ISLNK(node->mode) && (*next || rq->follow)) {
			if (node->ops && node->ops->follow && !*next)
				error = kernfs_follow(node, rq);
			else
				error = kernfs_redirect(node, rq, rest + len, next);
			kernfs_put(node);
			return error ? error : 1;
		}
		rest = next;
	}
	error = kernfs_check_ending(node, rq);
	if (error)
		kernfs_put(node);
	*out = node;
	return error;
}

/* ---- requests -------------------------------------------------------------------------- */

/* A name is removed only with its kernel object. */
static int kernfs_unlink(const struct kernfs_node *node, bool is_dir)
{
	if (kernfs_may_change(node->parent))
		return -EACCES;
	if (is_dir != S_ISDIR(node->mode))
		return is_dir ? -ENOTDIR : -EISDIR;
	return -EPERM;
}

/* Checks the second path of LINK and RENAME: 0 if there is such a node, else the error. */
static int kernfs_second(struct mount *mnt, struct path_request *rq)
{
	struct path_request second = { .op = PORT_MKNOD, .path = rq->path2, .rest = rq->rest2 };
	struct kernfs_node *node;
	int error = kernfs_walk(mnt, &second, &node);

	if (!error)
		kernfs_put(node);
	if (error == -EREDIRECT) {
		rq->redirect = second.redirect;
		rq->redirect_which = 1;
	}
	return error;
}

static int kernfs_perform_on(struct kernfs_node *node, struct path_request *rq)
{
	switch (rq->op) {
	case PORT_OPEN:
		/* A device that stands for another device: /dev/tty. */
		if (S_ISCHR(node->mode) && node->ops->follow &&
		    !(rq->arg0 & (O_PATH | PORT_OPEN_EXEC)))
			return kernfs_follow(node, rq);
		return kernfs_open_node(node, rq->path, rq->arg0, &rq->file);
	case PORT_STAT:
		kernfs_attr(node, &rq->attr);
		rq->dev = kernfs_dev(node);
		return 0;
	case PORT_READLINK:
		if (!S_ISLNK(node->mode))
			return -EINVAL;
		rq->link = kernfs_link_target(node);
		return IS_ERR(rq->link) ? PTR_ERR(rq->link) : 0;
	case PORT_STATFS:
		kernfs_fill_statfs(node, &rq->statfs);
		return 0;
	case PORT_TRUNC:
		return mode_permission(node->mode, node->uid, node->gid, MAY_WRITE);
	case PORT_MKNOD:
	case PORT_SYMLINK:
	case PORT_LINK:
		return -EEXIST;
	case PORT_UNLINK:
		return kernfs_unlink(node, rq->arg0);
	case PORT_RENAME:
		return kernfs_may_change(node->parent) ? -EACCES : -EPERM;
	case PORT_SETATTR:
		return kernfs_setattr(node, rq->set);
	default:
		return -EPERM;
	}
}

static int kernfs_perform(struct mount *mnt, struct path_request *rq)
{
	struct kernfs_node *node;
	int ret = kernfs_walk(mnt, rq, &node);

	if (ret)
		return ret > 0 ? 0 : ret;	/* > 0: a magic link has performed the request */
	if (rq->rest2)
		ret = kernfs_second(mnt, rq);
	if (!ret)
		ret = kernfs_perform_on(node, rq);
	kernfs_put(node);
	return ret;
}

static const char *kernfs_mount_source(const struct mount *mnt)
{
	return kernfs_name(mnt->tree);
}

static void kernfs_mount_hold(const struct mount *mnt)
{
	kernfs_get(mnt->tree);
}

static void kernfs_mount_release(const struct mount *mnt)
{
	kernfs_put(mnt->tree);
}

static const struct mount_ops kernfs_mount_ops = {
	.fstype = "kernfs",
	.source = kernfs_mount_source,
	.hold = kernfs_mount_hold,
	.release = kernfs_mount_release,
	.perform = kernfs_perform,
};

int kernfs_mount(const char *path, struct kernfs_node *tree, bool permanent)
{
	kernfs_get(tree);
	return mount_add(path, &(struct mount){
		.ops = &kernfs_mount_ops, .tree = tree, .permanent = permanent });
}
