/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open file descriptions, descriptor tables, paths and mounts.  kernel/fs owns
 * it.  A description is one of: a handle at a server (file_port.c), a pipe, a
 * kernfs node, a boot module.  All but get/put are process context and may sleep.
 */
#ifndef NEURATH_FILE_H
#define NEURATH_FILE_H

#include <neurath/atomic.h>
#include <neurath/mutex.h>
#include <neurath/uaccess.h>
#include <neurath/wait.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>

struct file;
struct poll_table;

/* Receives directory entries; false = the caller's buffer is full. */
struct dir_sink {
	bool (*emit)(struct dir_sink *sink, const char *name, size_t len, u64 ino, unsigned type,
		     loff_t next);
};

struct file_ops {
	ssize_t (*read)(struct file *f, struct iobuf *to, loff_t *pos);
	ssize_t (*write)(struct file *f, struct iobuf *from, loff_t *pos);
	int (*stat)(struct file *f, struct stat *st);
	int (*readdir)(struct file *f, struct dir_sink *sink, loff_t *pos);
	long (*ioctl)(struct file *f, unsigned cmd, unsigned long arg);
	unsigned (*poll)(struct file *f);	/* POLL* bits now; waiters use f->waitq */
	int (*truncate)(struct file *f, loff_t size);
	int (*setattr)(struct file *f, const struct setattr *attr);
	int (*sync)(struct file *f);
	void (*release)(struct file *f);	/* last reference; may not fail or block */
};

struct file {
	const struct file_ops *ops;	/* (!) */
	atomic_t refs;
	unsigned flags;			/* O_ flags; F_SETFL changes some (lock) */
	umode_t mode;			/* (!) S_IF type */
	struct mutex pos_lock;		/* held across read/write that use pos */
	loff_t pos;			/* (pos_lock) */
	bool seekable;			/* (!) else lseek gives ESPIPE */
	char *path;			/* (!) absolute, for /proc and directories; kmalloc'ed */
	void *private;			/* (!) the backend's */
	struct wait_queue_head waitq;	/* readiness changed; a backend may point elsewhere */
	struct wait_queue_head *poll_wq;	/* (!) what poll waits on: &waitq by default */
	/* Identity for the page cache: (port id, node, version); 0 = do not cache. */
	u64 cache_key[3];
};

void file_get(struct file *f);
void file_put(struct file *f);
struct file *file_alloc(const struct file_ops *ops, unsigned flags, umode_t mode, const char *path);

/* Open by absolute or cwd-relative path in kernel memory. */
int file_open(const char *path, unsigned flags, umode_t mode, struct file **out);
/* For exec: must be a regular file with x permission; -EACCES otherwise. */
int file_open_exec(const char *path, struct file **out);
/* Whole reads and writes at @pos from kernel memory; short only at end of file. */
ssize_t file_read_kernel(struct file *f, void *buf, size_t n, loff_t pos);
ssize_t file_write_kernel(struct file *f, const void *buf, size_t n, loff_t pos);
int file_stat(struct file *f, struct stat *st);

/* ---- descriptor tables -------------------------------------------------- */
struct files *files_create(void);
struct files *files_copy(struct files *old);	/* fork; NULL = no memory */
void files_get(struct files *files);
void files_put(struct files *files);		/* last one closes all; may call servers */
void files_close_on_exec(struct files *files);
/* Description of @fd with a reference, or NULL. */
struct file *fd_get(int fd);
/* Lowest free descriptor >= @min for @f (takes over the reference): fd, -EMFILE, -ENOMEM. */
int fd_install(struct file *f, int min, bool cloexec);
/* For /proc/PID/fd: description @fd of another table with a reference; next used fd >= fd. */
struct file *files_get_fd(struct files *files, int fd);
int files_next_fd(struct files *files, int fd);

/* ---- paths ----------------------------------------------------------------- */
#define PATH_MAX	4096
/*
 * Copies a user path and makes it absolute (relative to @dfd or cwd) and lexically
 * normal.  A kmalloc'ed string, or an error pointer.
 */
char *path_from_user(int dfd, const char __user *upath);
char *path_absolute(const char *base, const char *path);

/* ---- readiness ----------------------------------------------------------- */
#define POLLIN		0x0001
#define POLLPRI		0x0002
#define POLLOUT		0x0004
#define POLLERR		0x0008
#define POLLHUP		0x0010
#define POLLNVAL	0x0020
#define POLLRDNORM	0x0040
#define POLLWRNORM	0x0100
#define POLLRDHUP	0x2000

void fs_init(void);

#endif
