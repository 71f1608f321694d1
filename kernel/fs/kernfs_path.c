/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths below a kernfs mount: the walk, links, and requests that name a node.  Open
 * files are in kernfs_file.c, the tree in kernfs.c.
 *
 * Names come and go with kernel objects only.  Who tries to make or remove one gets
 * the errno that Linux gives there, after the checks of permission that Linux makes
 * first: scripts tell "not allowed" from "not there".
 *
 * Locks: none are held; a node is kept by a reference.
 */
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include "fs_internal.h"
#include "kernfs_internal.h"

/* ---- links ---------------------------------------------------------------------------- */

/*
 * Opens what a magic link stands for: its path again if there is one, so that the
 * new description has its own offset and flags; else the description itself.
 */
static int kernfs_follow(struct kernfs_node *node, struct path_request *rq)
{
	struct stat st;
	struct file *f;
	int ret = node->ops->follow(node->private, &f);

	if (ret)
		return ret;
	if (f->path && f->path[0] == '/') {
		rq->redirect = kstrdup(f->path, GFP_KERNEL);
		file_put(f);
		return rq->redirect ? -EREDIRECT : -ENOMEM;
	}
	if (rq->op == PORT_OPEN) {
		rq->file = f;
		return 0;
	}
	if (rq->op != PORT_STAT) {
		/* What a name says about an object without a name cannot be changed by it. */
		file_put(f);
		return rq->op == PORT_STATFS ? -ENOSYS : -EPERM;
	}
	ret = file_stat(f, &st);
	if (!ret) {
		rq->dev = st.st_dev;
		rq->attr = (struct port_attr){
			.node = st.st_ino, .mode = st.st_mode, .nlink = st.st_nlink,
			.uid = st.st_uid, .gid = st.st_gid, .size = st.st_size };
	}
	file_put(f);
	return ret;
}

static char *kernfs_link_target(struct kernfs_node *node)
{
	char *target;

	if (node->ops && node->ops->readlink) {
		if (!kernfs_enter(node))
			return ERR_PTR(-ENOENT);
		target = node->ops->readlink(node->private);
		kernfs_leave(node);
		return target;
	}
	target = kstrdup(node->private, GFP_KERNEL);
	return target ? target : ERR_PTR(-ENOMEM);
}

/* A link at the end of @path[0..upto), with @rest still to walk behind it. */
static int kernfs_redirect(struct kernfs_node *node, struct path_request *rq, const char *upto,
			   const char *rest)
{
	char *target = kernfs_link_target(node), *base, *joined = NULL;
	size_t len;
	int ret = -ENOMEM;

	if (IS_ERR(target))
		return PTR_ERR(target);
	while (upto > rq->path && upto[-1] != '/')
		upto--;		/* links count from the directory they are in */
	base = kstrndup(rq->path, upto - rq->path, GFP_KERNEL);
	len = strlen(target) + strlen(rest) + 2;
	joined = kmalloc(len, GFP_KERNEL);
	if (base && joined) {
		/* An ending slash would ask for a directory. */
		snprintf(joined, len, "%s%s%s", target, *rest ? "/" : "", rest);
		ret = path_redirect(rq, base, joined);
	}
	kfree(joined);
	kfree(base);
	kfree(target);
	return ret;
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
 * @dir has no such name, and a user cannot make one.  /proc says that it is not there
 * whatever is asked; elsewhere it is a matter of permission, and of what the file
 * system can do.
 */
static int kernfs_missing(const struct kernfs_node *dir, const struct path_request *rq)
{
	if (!kernfs_makes_name(rq) || kernfs_is_proc(dir))
		return -ENOENT;
	return kernfs_may_change(dir) || rq->op == PORT_OPEN ? -EACCES : -EPERM;
}

/*
 * Walks @rest from the root of @mnt.  0 and the node with a reference; -EREDIRECT at a
 * link that must be followed; 1 when following it has performed the request.
 */
static int kernfs_walk(struct mount *mnt, const char *rest, struct path_request *rq,
		       struct kernfs_node **out)
{
	struct kernfs_node *node = mnt->tree, *child;
	char name[256];
	int ret;

	kernfs_get(node);
	while (*rest) {
		const char *slash = strchr(rest, '/');
		size_t len = slash ? (size_t)(slash - rest) : strlen(rest);
		const char *next = slash ? slash + 1 : rest + len;

		ret = !S_ISDIR(node->mode) ? -ENOTDIR : len >= sizeof(name) ? -ENAMETOOLONG :
		      mode_permission(node->mode, node->uid, node->gid, MAY_EXEC);
		if (!ret) {
			memcpy(name, rest, len);
			name[len] = '\0';
			ret = kernfs_lookup_child(node, name, &child);
			if (ret == -ENOENT && !*next)
				ret = kernfs_missing(node, rq);
		}
		kernfs_put(node);
		if (ret)
			return ret;
		node = child;
		if (S_ISLNK(node->mode) && (*next || rq->follow)) {
			if (node->ops && node->ops->follow && !*next)
				ret = kernfs_follow(node, rq);
			else
				ret = kernfs_redirect(node, rq, rest + len, next);
			kernfs_put(node);
			return ret ? ret : 1;
		}
		rest = next;
	}
	*out = node;
	return 0;
}

/* ---- requests -------------------------------------------------------------------------- */

/* Only a kernel object's end takes its name away. */
static int kernfs_unlink(const struct kernfs_node *node, bool is_dir)
{
	if (kernfs_may_change(node->parent))
		return -EACCES;
	if (is_dir != S_ISDIR(node->mode))
		return is_dir ? -ENOTDIR : -EISDIR;
	return -EPERM;
}

/* The second path of LINK and RENAME: 0 if there is such a node, else what hinders it. */
static int kernfs_second(struct mount *mnt, const char *rest2, struct path_request *rq)
{
	struct path_request second = { .op = PORT_MKNOD, .path = rq->path2 };
	struct kernfs_node *node;
	int ret = kernfs_walk(mnt, rest2, &second, &node);

	if (!ret)
		kernfs_put(node);
	if (ret == -EREDIRECT) {
		rq->redirect = second.redirect;
		rq->redirect_which = 1;
	}
	return ret;
}

static int kernfs_perform_on(struct kernfs_node *node, struct path_request *rq)
{
	switch (rq->op) {
	case PORT_OPEN:
		/* A device that stands for another one: /dev/tty. */
		if (S_ISCHR(node->mode) && node->ops->follow && !(rq->arg0 & O_PATH))
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

static int kernfs_perform(struct mount *mnt, const char *rest, const char *rest2,
			  struct path_request *rq)
{
	struct kernfs_node *node;
	int ret = kernfs_walk(mnt, rest, rq, &node);

	if (ret)
		return ret > 0 ? 0 : ret;	/* > 0: a magic link did it all */
	if (rest2)
		ret = kernfs_second(mnt, rest2, rq);
	if (!ret)
		ret = kernfs_perform_on(node, rq);
	kernfs_put(node);
	return ret;
}

const struct mount_ops kernfs_mount_ops = {
	.fstype = "kernfs",
	.perform = kernfs_perform,
};
