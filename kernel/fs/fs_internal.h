/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declarations that the files of kernel/fs share: mounts, and path requests.
 *
 * A path request is one operation on a path.  The backend of the longest mounted prefix performs
 * it, again for each answer that redirects to another path (a symbolic link).  The operations are
 * those of uapi/port.h, so the port backend passes them on unchanged.
 */
#ifndef FS_INTERNAL_H
#define FS_INTERNAL_H

#include <neurath/file.h>
#include <neurath/port.h>
#include <neurath/string.h>
#include <neurath/path_text.h>

struct kernfs_node;
struct mount;
struct path_request;

/* Internal result of mount_ops.perform: rq->redirect is set.  Only path.c sees it. */
#define EREDIRECT	1000

struct mount_ops {
	const char *fstype;
	const char *(*source)(const struct mount *mnt);	/* for /proc/mounts */
	void (*hold)(const struct mount *mnt);		/* holds the port or tree */
	void (*release)(const struct mount *mnt);	/* releases the port or tree */
	int (*perform)(struct mount *mnt, struct path_request *rq);
};

/* Legend: (m) mount_mutex, (!) constant. */
struct mount {
	struct list_head node;		/* (m) longest prefix first */
	atomic_t refs;
	const struct mount_ops *ops;	/* (!) */
	struct port *port;		/* (!) with a reference, or NULL */
	struct kernfs_node *tree;	/* (!) or NULL */
	u64 root;			/* (!) the root that port_mount() got */
	bool permanent;	/* (!) mounted by the kernel at the start: cannot be removed */
	u64 dev;			/* (!) st_dev */
	size_t len;			/* (!) of prefix */
	char prefix[];			/* (!) "" for the root */
};

/* ---- write_access.c ---- */
/* Claims that file @node of port @port is written, or must not be: 0, or -ETXTBSY. (task) */
int write_claim_get(struct write_claim *c, u64 port, u64 node, bool writes);

struct path_request {
	enum port_op op;
	unsigned follow;		/* a link in the last component is followed */
	u64 arg0, arg1;			/* as in PORT_OPS */
	const char *target;		/* SYMLINK */
	const struct port_setattr *set;	/* SETATTR */
	bool real_ids;	/* check with the real ids instead of the effective ids: access(2) */
	/* how the text of path and path2 ended, and the text of links at their end */
	enum path_ending ending, ending2;
	/* from the path's ending (path_ending.c): must be a directory, one current may search */
	bool want_directory, want_search;
	bool keep_path;			/* the caller wants final_path */
	/* OPEN: the error for files that are not regular, before any wait for one; 0 = any file */
	int unless_regular;
	/* the results */
	char *final_path;	/* path after all redirections: kmalloc'ed, for the caller */
	struct file *file;		/* OPEN */
	struct port_attr attr;		/* STAT */
	u64 dev;			/* STAT */
	char *link;			/* READLINK: kmalloc'ed */
	struct statfs statfs;		/* STATFS */
	/* path_perform() owns these */
	char *path, *path2;
	/* the parts behind the mount point, without leading '/'; rest2 is NULL without path2 */
	const char *rest, *rest2;
	char *redirect;			/* new path, absolute; kmalloc'ed */
	unsigned redirect_which;	/* 0: replaces path, 1: path2 */
};

/* True if @upath is empty or NULL. */
bool path_is_empty(const char __user *upath);
/* AT_EMPTY_PATH: true if the open file @dfd is meant; it may be one of O_PATH. */
bool path_means_file(int dfd, const char __user *upath, unsigned flags);
/* Like path_from_user(); with AT_EMPTY_PATH an empty path means the working directory. */
char *path_from_user_at(int dfd, const char __user *upath, unsigned flags);
/*
 * Performs @rq on @path (and @path2 for RENAME and LINK).  The paths are kmalloc'ed, absolute and
 * normalised; both are consumed.  Error pointers are passed through.
 */
int path_perform(struct path_request *rq, char *path, char *path2);
/*
 * Sets rq->redirect to @base + '/' + @target, normalised; an absolute @target is below current's
 * root.  @base must be absolute.  Returns -EREDIRECT, or an error.
 */
int path_redirect(struct path_request *rq, const char *base, const char *target);

/* ---- path_ending.c ---- */
/*
 * Evaluates the endings of @rq's paths.  Returns 0 with want_directory and want_search set, or
 * the error with which the operation ends.
 */
int path_apply_endings(struct path_request *rq);

/* ---- mount.c ---- */
/*
 * The mount of the longest mounted prefix of @path with a reference, and in *rest the part behind
 * the prefix; NULL = no mount.
 */
struct mount *mount_find(const char *path, const char **rest);
void mount_put(struct mount *mnt);
/*
 * Adds a mount at @path with the ops of @what.  Consumes a reference on the port or tree of
 * @what, also on an error. -ENOMEM, -EBUSY; -EALREADY: this port is mounted there already.
 */
int mount_add(const char *path, const struct mount *what);
/* Mounts what is mounted at exactly @from at @to, too. -EINVAL: no mount; else mount_add()'s. */
int mount_bind(const char *from, const char *to);
/* -EINVAL: no mount there. -EBUSY: the root, or a first mount of a kernel tree. */
int mount_remove(const char *path);
/* The @index-th mount, shortest prefix first, with a reference, or NULL: /proc/mounts. */
struct mount *mount_nth(unsigned index);
const char *mount_source(const struct mount *m);
/*
 * Lists the names of mount points directly in directory @path, from *pos (0 = first) on, like
 * dyn_dir.iterate.
 */
int mount_iterate(const char *path, struct dir_sink *sink, loff_t *pos,
		  bool (*known)(void *arg, const char *name), void *arg);

/* ---- backends ---- */
void setattr_to_port(const struct setattr *attr, struct port_setattr *set);
u64 port_dev(u64 port_id);		/* st_dev of the files of a server */
void attr_to_stat(const struct port_attr *attr, u64 dev, struct stat *st);

/* ---- pipe.c ---- */
bool file_is_pipe(const struct file *f);
/* ---- pipe_size.c: @f is a pipe ---- */
long pipe_get_size(struct file *f);
/* The limits in /proc/sys/fs; each is read and written in one access. */
extern unsigned long pipe_max_size, pipe_user_pages_hard, pipe_user_pages_soft;
/* rounds up to a possible ring size; 0 = too large */
u32 pipe_round_size(unsigned long bytes);
/* Returns the new size, at least @size. -EINVAL, -EPERM (limits), -EBUSY (full), -ENOMEM. (task) */
long pipe_set_size(struct file *f, unsigned long size);

/* ---- poll.c, for select.c ---- */
#define POLL_NOW	0		/* as deadlines: one scan only, */
#define POLL_FOREVER	UINT64_MAX	/* no timeout */
/*
 * Waits until one of the @n descriptors is ready; fills all revents.  Returns the number of ready
 * descriptors, 0 at @deadline (clock_ns()), -EINTR or -ENOMEM. (task)
 */
int poll_wait(struct pollfd *fds, unsigned n, u64 deadline);
/* A table of @n members, possibly many; NULL = no memory. */
void *poll_alloc(size_t n, size_t size);
void poll_free(void *table, size_t n, size_t size);

/* ---- select.c, for poll.c ---- */
/* The deadline of a relative timespec in user memory; NULL = no timeout. 0, -EFAULT, -EINVAL. */
int poll_deadline(const struct timespec64 __user *uts, u64 *deadline);
u64 poll_time_left(u64 deadline);	/* in ns */
/* Stores the remaining time for the caller. */
void poll_store_left(struct timespec64 __user *uts, u64 deadline);
/* Sets the signal mask for the call; the way out restores it. */
int poll_set_mask(const sigset_t __user *umask, size_t size);

/* ---- tty_ctl.c ---- */
/* Job control before a read or write: 0, -EIO or -ERESTARTSYS. */
int tty_check_read(u64 id);
int tty_check_write(u64 id);
/* Job-control commands: true if @cmd is one; *ret is then the result. */
bool tty_job_ioctl(struct file *f, u64 id, unsigned cmd, unsigned long arg, long *ret);
/* Called after a successful ioctl @cmd with argument @in. */
void tty_note_ioctl(u64 id, unsigned cmd, const void *in);
/* Sizes of the argument of terminal command @cmd; false = unknown command. */
bool tty_ioctl_sizes(unsigned cmd, size_t *in, size_t *out);

#endif
