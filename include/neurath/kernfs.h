/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernfs: the trees /proc, /sys, /dev and /boot, made of kernel objects.  Static
 * files register by linker set; dynamic directories (livepatch, modules) are
 * created and removed with references, so that an opened file of a removed node
 * answers -ENODEV.  Rule: never remove a node from its own store method or under a
 * lock that a show/store method takes; kernfs_remove() waits for running methods.
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

/* Methods of a file; @private is the node's (or the directory's for PID files). */
struct kernfs_file_ops {
	int (*show)(struct seq_file *m, void *private);
	/* @buf is NUL-ended, at most PAGE_SIZE - 1 bytes; bytes used or -errno. */
	ssize_t (*store)(const char *buf, size_t n, void *private);
	/* Instead of show/store: streams such as kmsg, null, random. */
	const struct file_ops *stream;
	/* Symbolic link: kmalloc'ed target or error pointer. */
	char *(*readlink)(void *private);
};

/* A static file or directory: path from the root of the tree, parents first by path. */
struct kernfs_def {
	const char *path;		/* "/proc/meminfo" */
	umode_t mode;			/* S_IFREG/S_IFDIR/S_IFCHR/S_IFLNK | permissions */
	const struct kernfs_file_ops *ops;
	void *private;
	u64 rdev;
};
#define KERNFS_FILE(name, filepath, filemode, fops, priv) \
	SET_ENTRY(kernfs, struct kernfs_def, name) = { \
		.path = filepath, .mode = filemode, .ops = fops, .private = priv }
/* The frequent case: a read-only text file shown by one function. */
#define KERNFS_SHOW(name, filepath, filemode, showfn) \
	static const struct kernfs_file_ops name##_ops = { .show = showfn }; \
	KERNFS_FILE(name, filepath, S_IFREG | (filemode), &name##_ops, NULL)

/* Directory whose entries are made on demand (PID directories). */
struct kernfs_dyn_dir {
	/* Node for @name with a reference, or -ENOENT. */
	int (*lookup)(struct kernfs_node *dir, const char *name, struct kernfs_node **out);
	int (*iterate)(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos);
};

struct kernfs_node *kernfs_root(const char *tree);		/* "/sys" … */
struct kernfs_node *kernfs_find(const char *path);		/* with a reference, or NULL */
/* New nodes with one reference for the tree; an error pointer: -EEXIST, -ENOMEM. (task) */
struct kernfs_node *kernfs_create_dir(struct kernfs_node *parent, const char *name, umode_t mode,
				      void *private);
struct kernfs_node *kernfs_create_file(struct kernfs_node *parent, const char *name, umode_t mode,
				       const struct kernfs_file_ops *ops, void *private);
struct kernfs_node *kernfs_create_link(struct kernfs_node *parent, const char *name,
				       const char *target);
/* Removes @node and all below it, and waits until no method of theirs is running. (task) */
void kernfs_remove(struct kernfs_node *node);
bool kernfs_exists(struct kernfs_node *parent, const char *name);
void kernfs_get(struct kernfs_node *node);
void kernfs_put(struct kernfs_node *node);
const char *kernfs_name(const struct kernfs_node *node);
void *kernfs_private(const struct kernfs_node *node);
void kernfs_init(void);

#endif
