/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernfs: the trees /proc, /sys, /dev and /boot, made of kernel objects.  A linker set registers
 * static files.  Dynamic directories (livepatch, modules) are created and removed with
 * references, so that an open file of a removed node returns -ENODEV.  Rule: do not remove a node
 * in its own show or store method, or under a lock that such a method takes; kernfs_remove()
 * waits for running methods.  All functions: process context, may sleep, unless marked otherwise.
 *
 * A program that waits for a change of a text reads the file and then polls it: it gets POLLERR
 * and POLLPRI if kernfs_notify() was called since that read, or if the node is gone.
 *
 * A show method runs once for each pass over the file.  The open file keeps the text, which is
 * read at any offset; a read at offset 0 makes the text again.
 */
#ifndef NEURATH_KERNFS_H
#define NEURATH_KERNFS_H

#include <neurath/file.h>

struct kernfs_node;

/* Text that is being made; it grows as needed. (seq_printf of modules uses it) */
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
void seq_free(struct seq_file *m);	/* frees its buffer; @m is empty and usable again */

/* Methods of a file; @private is the node's. */
struct kernfs_file_ops {
	int (*show)(struct seq_file *m, void *private);
	/* @buf is NUL-ended, at most PAGE_SIZE - 1 bytes; bytes used or -errno. */
	ssize_t (*store)(const char *buf, size_t n, void *private);
	/* Truncation by O_TRUNC at open; by default it has no effect. */
	void (*truncate)(void *private);
	/*
	 * A file for questions, instead of show and store.  Written text is a question, and the
	 * same open file then reads the answer that this method made; @buf as for store.
	 */
	ssize_t (*ask)(const char *buf, size_t n, struct seq_file *answer);
	/*
	 * Instead of show/store: streams such as kmsg, null, random.  Its methods get the open
	 * file; kernfs_of_file(f) is the node. stat is not used. release is called for the data
	 * that open has set by kernfs_set_stream_data().
	 */
	const struct file_ops *stream;
	/* Symbolic link: kmalloc'ed target or error pointer. */
	char *(*readlink)(void *private);
	/*
	 * Magic link (/proc/PID/fd/N, exe): the description itself with a reference.  An open
	 * opens its path again if readlink shows one, else it shares the description (pipes).
	 * Needs readlink, too.
	 */
	int (*follow)(void *private, struct file **out);
	/*
	 * Magic link to a path (/proc/PID/cwd): returns that path, whatever the caller's root is;
	 * kmalloc'ed, or an error pointer.  Replaces readlink; the shown path is relative to the
	 * caller's root.
	 */
	char *(*real_path)(void *private);
	size_t (*size)(void *private);	/* st_size; default 0 */
};

/*
 * A directory whose entries are made on demand (PID directories).  Static children, if there are
 * any, are found and listed first.
 */
struct kernfs_dyn_dir {
	/* Node for @name with a reference (kernfs_new()), or -ENOENT. */
	int (*lookup)(struct kernfs_node *dir, const char *name, struct kernfs_node **out);
	/*
	 * Calls sink->emit() for each entry from *@pos (0 = first) on.  After each accepted
	 * entry it sets *@pos to the entry's @next; it stops when emit returns false.
	 */
	int (*iterate)(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos);
};

/* A static file or directory: path from the root of the tree; missing parents are created. */
struct kernfs_def {
	const char *path;		/* "/proc/meminfo" */
	umode_t mode;			/* S_IFREG/S_IFDIR/S_IFCHR/S_IFLNK | permissions */
	const struct kernfs_file_ops *ops;
	void *private;			/* for S_IFLNK without ops: the target, a string */
	u64 rdev;
	const struct kernfs_dyn_dir *dyn;	/* for S_IFDIR */
	/* Found by its name, but not listed: scripts take each entry for an object. */
	bool unlisted;
};
#define KERNFS_FILE(name, filepath, filemode, fops, priv) \
	SET_ENTRY(kernfs, struct kernfs_def, name) = { \
		.path = filepath, .mode = filemode, .ops = fops, .private = priv }
/* The usual case: a read-only text file with one show function. */
#define KERNFS_SHOW(name, filepath, filemode, showfn) \
	static const struct kernfs_file_ops name##_ops = { .show = showfn }; \
	KERNFS_FILE(name, filepath, S_IFREG | (filemode), &name##_ops, NULL)
#define KERNFS_DIR(name, dirpath, dirmode, dynops) \
	SET_ENTRY(kernfs, struct kernfs_def, name) = { \
		.path = dirpath, .mode = S_IFDIR | (dirmode), .dyn = dynops }
#define KERNFS_LINK(name, linkpath, linktarget) \
	SET_ENTRY(kernfs, struct kernfs_def, name) = { \
		.path = linkpath, .mode = S_IFLNK | 0777, .private = (void *)(linktarget) }

#define KERNFS_NAME_MAX	255

struct kernfs_node *kernfs_root(const char *tree);		/* "/sys" … */
struct kernfs_node *kernfs_find(const char *path);		/* with a reference, or NULL */
/*
 * New nodes with one reference for the tree, or an error pointer: -EEXIST, -ENOMEM, -EINVAL (a
 * name that no path can contain: empty, ".", "..", with a '/', longer than KERNFS_NAME_MAX).
 * @mode has the permissions; @target is copied.
 */
struct kernfs_node *kernfs_create_dir(struct kernfs_node *parent, const char *name, umode_t mode,
				      void *private);
struct kernfs_node *kernfs_create_file(struct kernfs_node *parent, const char *name, umode_t mode,
				       const struct kernfs_file_ops *ops, void *private);
struct kernfs_node *kernfs_create_link(struct kernfs_node *parent, const char *name,
				       const char *target);
/* The text of @node has changed: wakes its pollers. (irq) */
void kernfs_notify(struct kernfs_node *node);
/* The same for the file @name of @dir, if it exists. (task) */
void kernfs_notify_child(struct kernfs_node *dir, const char *name);
/* Removes @node and everything below it, and waits until none of their methods runs. */
void kernfs_remove(struct kernfs_node *node);
bool kernfs_exists(struct kernfs_node *parent, const char *name);
void kernfs_get(struct kernfs_node *node);
void kernfs_put(struct kernfs_node *node);	/* (task) calls @release of a kernfs_new() node */

/* The properties of a new node. */
struct kernfs_attr {
	umode_t mode;				/* with the type */
	const struct kernfs_file_ops *ops;
	const struct kernfs_dyn_dir *dyn;	/* for directories */
	void *private;
	void (*release)(void *private);		/* for the last reference; may be NULL */
	u64 ino;				/* 0 = any */
};

/*
 * A node outside of the tree, with one reference, for kernfs_dyn_dir.lookup.
 * NULL = no memory; the caller then still owns @private.
 */
struct kernfs_node *kernfs_new(struct kernfs_node *parent, const char *name,
			       const struct kernfs_attr *attr);
/* Before the node is returned, or while no other task uses it. */
void kernfs_set_owner(struct kernfs_node *node, uid_t uid, gid_t gid);

const char *kernfs_name(const struct kernfs_node *node);
void *kernfs_private(const struct kernfs_node *node);
/* The node of an open kernfs file; NULL for other files. */
struct kernfs_node *kernfs_of_file(const struct file *f);
/* The data that a stream keeps for an open file. */
void *kernfs_stream_data(const struct file *f);
void kernfs_set_stream_data(struct file *f, void *data);
void kernfs_init(void);

#endif
