/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostfs: a folder of the host as a file system, by 9P2000.L over virtio.
 *
 *	main.c	  start, the event loop's hooks
 *	virtio.c  the device: registers, ring, interrupts
 *	job.c	  requests in progress, each with a stack
 *	p9.c	  messages as bytes
 *	client.c  one function for each message, for jobs
 *	walk.c	  paths: names, links, permissions
 *	file.c	  requests about files
 *	names.c	  requests that change names
 *	keep.c	  state for the next process
 *
 * Nothing is cached: the next request sees every change on the host.
 */
#ifndef HOSTFS_H
#define HOSTFS_H

#include <sys/stat.h>
#include "job.h"

/* ---- client.c: in a job; 0 or -errno unless noted ----------------------------------- */

#define ROOT_FID	0

struct p9_attr {
	struct p9_qid qid;
	uint32_t mode, uid, gid;
	uint64_t nlink, rdev, size, blocks;
	int64_t atime_ns, mtime_ns, ctime_ns;
};

/* p9_set.valid */
#define P9_SET_MODE	0x001
#define P9_SET_UID	0x002
#define P9_SET_GID	0x004
#define P9_SET_SIZE	0x008
#define P9_SET_ATIME	0x010
#define P9_SET_MTIME	0x020
#define P9_SET_ATIME_TO	0x080		/* the given time instead of the host's "now" */
#define P9_SET_MTIME_TO	0x100

struct p9_set {
	uint32_t valid, mode, uid, gid;
	uint64_t size;
	int64_t atime_ns, mtime_ns;
};

/* Negotiates version and message size, attaches ROOT_FID. */
int client_attach(struct job *job);
/* The longest data of one read or write. */
uint32_t client_io_max(void);
/*
 * Walks @names, at most P9_WALK_MAX and then NULL, from @from and makes *@fid refer to the result;
 * qids[] has the result of each step.  The job owns *@fid until client_keep_fid().
 */
int client_walk(struct job *job, uint32_t from, char *const names[], uint32_t *fid,
		struct p9_qid qids[P9_WALK_MAX]);
/* One step in place. */
int client_step(struct job *job, uint32_t fid, const char *name, struct p9_qid *qid);
/* The job no longer owns @fid, which would be dropped at its end. */
void client_keep_fid(struct job *job, uint32_t fid);
/* The job owns @fid. */
void client_own_fid(struct job *job, uint32_t fid);
/* Drops the fids that the job owns; cannot be cancelled. */
void client_drop_fids(struct job *job);

int client_getattr(struct job *job, uint32_t fid, struct p9_attr *attr);
int client_setattr(struct job *job, uint32_t fid, const struct p9_set *set);
int client_open(struct job *job, uint32_t fid, uint32_t flags);
/* @fid, a directory, becomes the new open file. */
int client_create(struct job *job, uint32_t fid, const char *name, uint32_t flags, uint32_t mode);
/* Returns bytes moved to or from @at of job->data. */
int64_t client_read(struct job *job, uint32_t fid, uint64_t offset, uint32_t at, uint32_t len);
int64_t client_write(struct job *job, uint32_t fid, uint64_t offset, uint32_t at, uint32_t len);
/* Returns bytes of entries at the start of job->data. */
int64_t client_readdir(struct job *job, uint32_t fid, uint64_t offset, uint32_t len);
/* Stores the target in @size bytes of room; returns its length. */
int64_t client_readlink(struct job *job, uint32_t fid, char *target, size_t size);
int client_mkdir(struct job *job, uint32_t dir, const char *name, uint32_t mode);
int client_mknod(struct job *job, uint32_t dir, const char *name, uint32_t mode);
int client_symlink(struct job *job, uint32_t dir, const char *name, const char *target);
int client_link(struct job *job, uint32_t dir, uint32_t fid, const char *name);
int client_rename(struct job *job, uint32_t dir, const char *name, uint32_t new_dir,
		  const char *new_name);
int client_unlink(struct job *job, uint32_t dir, const char *name, bool is_dir);
int client_fsync(struct job *job, uint32_t fid);
struct statfs;
int client_statfs(struct job *job, uint32_t fid, struct statfs *st);

/* ---- walk.c ------------------------------------------------------------------------- */

#define WALK_NOFOLLOW	1		/* a link at the end is itself the result */
#define WALK_PARENT	2		/* stop before the last name */

#define NAMES_MAX	(SRV_PATH_MAX / 2)

struct walk {
	uint32_t fid;			/* owned by the job */
	struct p9_qid qid;		/* only the type of @fid's file */
	const char *name;		/* last name; NULL: the path is the mount point itself */
};

/*
 * Walks job->path[@which].  Returns 0; PORT_REDIRECT with job->reply filled in; or -errno.
 * Checks the caller's permission to search the directories.
 */
int walk_path(struct job *job, unsigned which, unsigned flags, struct walk *walk);
/* 0 if the caller may read (4), write (2), execute (1) a file with these attributes; -EACCES. */
int access_check(const struct port_request *req, const struct p9_attr *attr, unsigned want);
/* 0 if the caller may change names in directory @fid, or -errno. */
int access_change(struct job *job, uint32_t fid);
/*
 * Checks whether the caller may create a file there.  Returns 1 if the directory passes its group
 * on (set-group-id), 0 if not, or -errno.  Sets job->group.
 */
int access_make(struct job *job, uint32_t fid);
/* The permission bits of @mode that a new file may have. */
uint32_t create_mode(const struct port_request *req, uint32_t mode);
/* 0 if the caller may remove @name from directory @fid (the sticky bit), or -errno. */
int access_remove(struct job *job, uint32_t fid, const char *name);

/* ---- file.c, names.c ---------------------------------------------------------------- */

extern int64_t (*const file_ops[SRV_OPS])(struct job *job);
extern int64_t (*const name_ops[SRV_OPS])(struct job *job);
/* Closes the open file @handle, when a job is idle. */
void open_close(uint64_t handle);
/* Starts the closes that open_close() had to postpone. */
void open_close_pending(void);
extern const struct job_closing file_closing;	/* these two, for the jobs */
void attr_to_port(const struct p9_attr *attr, struct port_attr *out);
/* Copies the input of a path request into job->path[which]: 0 or -errno. */
int take_path(struct job *job, unsigned which, uint64_t from, uint64_t to);
/* The answer's data is in job->data. */
int64_t answer_data(struct job *job, int64_t status, const void *data, size_t len);
struct srv *hostfs_server(void);
void hostfs_set_server(struct srv *srv);

/* ---- keep.c ------------------------------------------------------------------------- */

/* 0 or -errno. */
int keep_open(struct srv *srv);
/* The handle for place @index of the table; true if this process gave @handle out. */
uint64_t keep_handle(uint32_t index);
bool keep_is_ours(uint64_t handle);
/* A job starts to process @req; it has been answered. */
void keep_begins(const struct port_request *req);
void keep_ended(uint64_t tag);
/* True, once, if an earlier process began a request that must not be repeated. */
bool keep_was_begun(uint64_t tag);

#endif
