/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kernfs.c (the tree), kernfs_file.c (open files) and kernfs_path.c (paths) share;
 * nobody else includes it.
 */
#ifndef KERNFS_INTERNAL_H
#define KERNFS_INTERNAL_H

#include <neurath/kernfs.h>
#include <neurath/port.h>

/*
 * Legend: (!) constant once the node can be found, (k) kernfs_mutex, (a) kernfs_active_lock.
 * A node holds a reference on its parent; the tree holds one on each linked node.
 */
struct kernfs_node {
	atomic_t refs;
	unsigned active;		/* (a) methods running */
	bool removed;			/* (a) no method starts any more */
	/* mode (its type is constant), uid, gid: written under (k), read without a lock */
	umode_t mode;
	uid_t uid;
	gid_t gid;
	/* (!) children are sorted by it; also their readdir cookie */
	u64 ino;
	u64 rdev;			/* (!) */
	u64 birth_ns;			/* (!) */
	struct kernfs_node *parent;	/* (!) */
	struct list_head sibling;	/* (k) in parent->children; empty = not linked */
	struct list_head children;	/* (k) */
	const struct kernfs_file_ops *ops;	/* (!) */
	const struct kernfs_dyn_dir *dyn;	/* (!) */
	void *private;			/* (!) */
	void (*release)(void *private);	/* (!) */
	char name[];			/* (!) */
};

extern struct mutex kernfs_mutex;

/* A method of @node may run until kernfs_leave(); false = the node was removed. */
bool kernfs_enter(struct kernfs_node *node);
void kernfs_leave(struct kernfs_node *node);
/* Child of @dir with a reference, or -ENOENT. */
int kernfs_lookup_child(struct kernfs_node *dir, const char *name, struct kernfs_node **out);

/* kernfs_file.c */
int kernfs_open_node(struct kernfs_node *node, const char *path, unsigned flags,
		     struct file **out);
void kernfs_attr(struct kernfs_node *node, struct port_attr *attr);
int kernfs_setattr(struct kernfs_node *node, const struct port_setattr *set);
u64 kernfs_dev(const struct kernfs_node *node);
bool kernfs_is_proc(const struct kernfs_node *node);	/* in the tree /proc */
void kernfs_fill_statfs(const struct kernfs_node *node, struct statfs *st);

#endif
