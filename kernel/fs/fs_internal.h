/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of kernel/fs share: mounts, and path requests.
 *
 * A path request is one operation on a path: it is performed by the backend of the
 * longest mounted prefix, again and again while the answer is "look there instead"
 * (a symbolic link).  The operations are those of uapi/port.h, so the port backend
 * passes them on as they are.
 */
#ifndef FS_INTERNAL_H
#define FS_INTERNAL_H

#include <neurath/file.h>
#include <neurath/port.h>
#include <neurath/string.h>
#include "path_text.h"

struct kernfs_node;
struct mount;
struct path_request;

/* Internal answer of mount_ops.perform: rq->redirect is set.  Never leaves path.c. */
#define EREDIRECT	1000

struct mount_ops {
	const char *fstype;
	/*
	 * @rest: what follows the mount point in rq->path, without leading '/'.
	 * @rest2: the same for rq->path2, or NULL.
	 */
	int (*perform)(struct mount *mnt, const char *rest, const char *rest2,
		       struct path_request *rq);
};

/* Legend: (m) mount_mutex, (!) constant. */
struct mount {
	struct list_head node;		/* (m) longest prefix first */
	atomic_t refs;
	const struct mount_ops *ops;	/* (!) */
	struct port *port;		/* (!) with a reference, or NULL */
	struct kernfs_node *tree;	/* (!) or NULL */
	u64 root;			/* (!) port_mount()'s */
	bool permanent;			/* (!) of the kernel since the start: not to be removed */
	u64 dev;			/* (!) st_dev */
	size_t len;			/* (!) of prefix */
	char prefix[];			/* (!) "" for the root */
};

/* ---- flock.c: the lock of @f, if it has one, goes with its last descriptor. */
void flock_drop(struct file *f);

struct path_request {
	enum port_op op;
	unsigned follow;		/* a last component that is a link is followed */
	u64 arg0, arg1;			/* as in PORT_OPS */
	const char *target;		/* SYMLINK */
	const struct port_setattr *set;	/* SETATTR */
	bool real_ids;			/* check with the real, not the effective ids: access(2) */
	bool want_directory;		/* the path ended in '/' */
	bool keep_path;			/* final_path is wanted */
	/* answers */
	char *final_path;		/* after all redirections: kmalloc'ed, the caller's */
	struct file *file;		/* OPEN */
	struct port_attr attr;		/* STAT */
	u64 dev;			/* STAT */
	char *link;			/* READLINK: kmalloc'ed */
	struct statfs statfs;		/* STATFS */
	/* owned by path_perform() */
	char *path, *path2;
	char *redirect;			/* new path, absolute; kmalloc'ed */
	unsigned redirect_which;	/* 0: replaces path, 1: path2 */
};

/*
 * Performs @rq on @path (and @path2 for RENAME and LINK): kmalloc'ed, absolute, normal;
 * both are consumed.  Error pointers are passed through.
 */
int path_perform(struct path_request *rq, char *path, char *path2);
/*
 * Sets rq->redirect to @base + '/' + @target (absolute targets: below current's root),
 * normalised; @base must be absolute.  -EREDIRECT, or an error.
 */
int path_redirect(struct path_request *rq, const char *base, const char *target);

/* ---- mount.c ---- */
/*
 * Longest mounted prefix of @path with a reference, *rest what follows it; NULL = nothing
 * mounted.
 */
struct mount *mount_find(const char *path, const char **rest);
void mount_put(struct mount *mnt);
int mount_add_tree(const char *path, struct kernfs_node *tree);
/* -EINVAL nothing there, -EBUSY the root, and the first mounts of the kernel's trees */
int mount_remove(const char *path);
/* The @index-th mount, shortest prefix first, with a reference, or NULL: /proc/mounts. */
struct mount *mount_nth(unsigned index);
const char *mount_source(const struct mount *m);
/*
 * Names of mount points directly in directory @path, from *pos (0 = first) on, as
 * dyn_dir.iterate.
 */
int mount_iterate(const char *path, struct dir_sink *sink, loff_t *pos,
		  bool (*known)(void *arg, const char *name), void *arg);

/* ---- backends ---- */
extern const struct mount_ops port_mount_ops;		/* file_port.c */
extern const struct mount_ops kernfs_mount_ops;		/* kernfs_path.c */
void setattr_to_port(const struct setattr *attr, struct port_setattr *set);
u64 port_dev(u64 port_id);		/* st_dev of a server's files */
void attr_to_stat(const struct port_attr *attr, u64 dev, struct stat *st);
void bootfs_init(void);					/* bootfs.c */

/* ---- pipe.c ---- */
bool file_is_pipe(const struct file *f);

/* ---- tty_ctl.c ---- */
/* Job control before a read or write: 0, -EIO, -ERESTARTSYS. */
int tty_check_read(u64 id);
int tty_check_write(u64 id);
/* Job-control commands: true if it was one, then *ret is the answer. */
bool tty_job_ioctl(struct file *f, u64 id, unsigned cmd, unsigned long arg, long *ret);
/* After a successful ioctl @cmd with argument @in. */
void tty_note_ioctl(u64 id, unsigned cmd, const void *in);
/* Sizes of the argument of terminal command @cmd; false = unknown. */
bool tty_ioctl_sizes(unsigned cmd, size_t *in, size_t *out);

#endif
