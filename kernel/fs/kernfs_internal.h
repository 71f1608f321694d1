/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernfs.c (the tree) and kernfs_file.c (open files) share; nobody else includes it. */
#ifndef KERNFS_INTERNAL_H
#define KERNFS_INTERNAL_H

#include <neurath/kernfs.h>

/*
 * Legend: (!) constant once the node can be found, (k) kernfs_mutex, (a) kernfs_active_lock.
 * A node holds a reference on its parent; the tree holds one on each linked node.
 */
struct kernfs_node {
	atomic_t refs;
	unsigned active;		/* (a) methods running */
	bool removed;			/* (a) no method starts any more */
	umode_t mode;			/* (!) with type */
	uid_t uid;			/* (!) */
	gid_t gid;			/* (!) */
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

#endif
