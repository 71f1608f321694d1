/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernfs: the trees /proc, /sys, /dev and /boot, made of kernel objects.  Static
 * files register by linker set; dynamic directories (livepatch, modules) are
 * created and removed with references, so that an opened file of a removed node
 * answers -ENODEV.  Rule: never remove a node from its own show or store method,
 * nor under a lock that such a method takes; kernfs_remove() waits for running
 * methods.  All functions: process context, may sleep, unless marked otherwise.
 *
 * A show method runs once for each pass over the file: its text is kept with the
 * open file and read at any offset; reading at offset 0 again makes it anew.
 */
#ifndef NEURATH_KERNFS_H
#define NEURATH_KERNFS_H

#include <neurath/file.h>

struct kernfs_node;

/* Text being produced; grows as needed. (seq_printf of modules works on it) */
struct seq_file {
	char *buf;
	size_t size, count;
	bool overflow;			/* no memory: the read fails with -ENOMEM */
	void *private;
	struct kernfs_node *node;
	struct file *file;
};

void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t n);
void seq_free(struct seq_file *m);	/* its buffer; @m is empty and usable again */

/* Methods of a file; @private is the node's. */
struct kernfs_file_ops {
	int (*show)(struct seq_file *m, void *private);
	/* @buf is NUL-ended, at most PAGE_SIZE - 1 bytes; bytes used or -errno. */
	ssize_t (*store)(const char *buf, size_t n, void *private);
	/*
	 * Instead of show/store: streams such as kmsg, null, random.  Its methods get
	 * the open file; kernfs_of_file(f) is the node.  stat and release are not used.
	 */
	const struct file_ops *stream;
	/* Symbolic link: kmalloc'ed target or error pointer. */
	char *(*readlink)(void *private);
	/*
	 * Magic link (/proc/PID/fd/N, exe): the description itself with a reference.
	 * Opening opens its path again if it has one that readlink shows, else shares
	 * the description (pipes).  Comes with readlink.
	 */
	int (*follow)(void *private, struct file **out);
	size_t (*size)(void *private);	/* st_size; default 0 */
};

/*
 * Directory whose entries are made on demand (PID directories).  Its static
 * children, if any, are found and listed first.
 */
struct kernfs_dyn_dir {
	/* Node for @name with a reference (kernfs_new()), or -ENOENT. */
	int (*lookup)(struct kernfs_node *dir, const char *name, struct kernfs_node **out);
	/*
	 * Calls sink->emit() for each entry from *@pos (0 = first) on; after each that was
	 * taken, *@pos is its @next; stops when emit says false.
	 */
	int (*iterate)(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos);
};

/* A static file or directory: path from the root of the tree; parents are made as needed. */
struct kernfs_def {
	const char *path;		/* "/proc/meminfo" */
	umode_t mode;			/* S_IFREG/S_IFDIR/S_IFCHR/S_IFLNK | permissions */
	const struct kernfs_file_ops *ops;
	void *private;			/* a S_IFLNK without ops: the target, a string */
	u64 rdev;
	const struct kernfs_dyn_dir *dyn;	/* for S_IFDIR */
};
#define KERNFS_FILE(name, filepath, filemode, fops, priv) \
	SET_ENTRY(kernfs, struct kernfs_def, name) = { \
		.path = filepath, .mode = filemode, .ops = fops, .private = priv }
/* The frequent case: a read-only text file shown by one function. */
#define KERNFS_SHOW(name, filepath, filemode, showfn) \
	static const struct kernfs_file_ops name##_ops = { .show = showfn }; \
	KERNFS_FILE(name, filepath, S_IFREG | (filemode), &name##_ops, NULL)
#define KERNFS_DIR(name, dirpath, dirmode, dynops) \
	SET_ENTRY(kernfs, struct kernfs_def, name) = { \
		.path = dirpath, .mode = S_IFDIR | (dirmode), .dyn = dynops }
#define KERNFS_LINK(name, linkpath, linktarget) \
	SET_ENTRY(kernfs, struct kernfs_def, name) = { \
		.path = linkpath, .mode = S_IFLNK | 0777, .private = (void *)(linktarget) }

struct kernfs_node *kernfs_root(const char *tree);		/* "/sys" … */
struct kernfs_node *kernfs_find(const char *path);		/* with a reference, or NULL */
/*
 * New nodes with one reference for the tree; an error pointer: -EEXIST, -ENOMEM.
 * @mode is permissions; @target is copied.
 */
struct kernfs_node *kernfs_create_dir(struct kernfs_node *parent, const char *name, umode_t mode,
				      void *private);
struct kernfs_node *kernfs_create_file(struct kernfs_node *parent, const char *name, umode_t mode,
				       const struct kernfs_file_ops *ops, void *private);
struct kernfs_node *kernfs_create_link(struct kernfs_node *parent, const char *name,
				       const char *target);
/* Removes @node and all below it, and waits until no method of theirs is running. */
void kernfs_remove(struct kernfs_node *node);
bool kernfs_exists(struct kernfs_node *parent, const char *name);
void kernfs_get(struct kernfs_node *node);
void kernfs_put(struct kernfs_node *node);	/* (task) calls @release of a kernfs_new() node */

/*
 * A node outside the tree, with one reference, for kernfs_dyn_dir.lookup: @mode with
 * type, @dyn for directories, @release(@private) when the last reference goes (may be
 * NULL).  @ino 0 = any.  NULL = no memory; @private is then still the caller's.
 */
struct kernfs_node *kernfs_new(struct kernfs_node *parent, const char *name, umode_t mode,
			       const struct kernfs_file_ops *ops,
			       const struct kernfs_dyn_dir *dyn, void *private,
			       void (*release)(void *private), u64 ino);
/* Before the node is returned or while nobody looks. */
void kernfs_set_owner(struct kernfs_node *node, uid_t uid, gid_t gid);

const char *kernfs_name(const struct kernfs_node *node);
void *kernfs_private(const struct kernfs_node *node);
/* The node of an open kernfs file; NULL for other files. */
struct kernfs_node *kernfs_of_file(const struct file *f);
void kernfs_init(void);

#endif
