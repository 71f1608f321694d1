/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declarations shared by kernfs.c (the tree), names.c (its index), kernfs_file.c (open files) and
 * kernfs_path.c (paths); private to these files.
 */
#ifndef KERNFS_INTERNAL_H
#define KERNFS_INTERNAL_H

#include <neurath/avl.h>
#include <neurath/kernfs.h>
#include <neurath/port.h>

/*
 * Legend: (!) constant once the node can be found, (k) kernfs_mutex, (a) kernfs_active_lock.
 * A node holds a reference on its parent; the tree holds one on each linked node.
 */
struct kernfs_node {
	atomic_t refs;
	unsigned active;		/* (a) running methods */
	bool removed;			/* (a) no new method may start */
	bool unlisted;			/* (!) found by name only */
	atomic_t event;			/* number of calls of kernfs_notify() */
	/* mode (the type is constant), uid, gid: written under (k), read without a lock */
	umode_t mode;
	uid_t uid;
	gid_t gid;
	/* (!) children are sorted by this number; it is also the readdir cookie */
	u64 ino;
	u64 rdev;			/* (!) */
	u64 birth_ns;			/* (!) */
	struct kernfs_node *parent;	/* (!) */
	struct list_head sibling;	/* (k) in parent->children; empty = not linked */
	struct list_head children;	/* (k) */
	struct avl_tree names;		/* (k) the same children by name: names.c */
	struct avl_node place;		/* (k) in parent->names, while linked */
	u32 hash;			/* (!) of the name */
	const struct kernfs_file_ops *ops;	/* (!) */
	const struct kernfs_dyn_dir *dyn;	/* (!) */
	void *private;			/* (!) */
	void (*release)(void *private);	/* (!) */
	char name[];			/* (!) */
};

extern struct mutex kernfs_mutex;
/* Pollers of files with text: each kernfs_notify(), and the removal of a node, wakes them. */
extern struct wait_queue_head kernfs_event_wait;

/* Allows a method of @node to run until kernfs_leave(); false = the node was removed. */
bool kernfs_enter(struct kernfs_node *node);
void kernfs_leave(struct kernfs_node *node);
/* Child of @dir with a reference, or -ENOENT. */
int kernfs_lookup_child(struct kernfs_node *dir, const char *name, struct kernfs_node **out);

/* names.c: the index of a directory by name.  Caller holds kernfs_mutex. */
void kernfs_names_init(struct kernfs_node *dir);
/* The child whose name is the first @len bytes of @name, or NULL. */
struct kernfs_node *kernfs_names_find(struct kernfs_node *dir, const char *name, size_t len);
/* False: @dir has a child with the name of @node. */
bool kernfs_names_add(struct kernfs_node *dir, struct kernfs_node *node);
void kernfs_names_remove(struct kernfs_node *dir, struct kernfs_node *node);

/* kernfs_path.c: mounts @tree at @path; @permanent: it cannot be removed.  See mount_add(). */
int kernfs_mount(const char *path, struct kernfs_node *tree, bool permanent);

/* kernfs_file.c */
int kernfs_open_node(struct kernfs_node *node, const char *path, unsigned flags,
		     struct file **out);
void kernfs_attr(struct kernfs_node *node, struct port_attr *attr);
int kernfs_setattr(struct kernfs_node *node, const struct port_setattr *set);
u64 kernfs_dev(const struct kernfs_node *node);
bool kernfs_is_proc(const struct kernfs_node *node);	/* true in the tree /proc */
void kernfs_fill_statfs(const struct kernfs_node *node, struct statfs *st);

#endif
