/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs: the root file system, in memory.  The files of the server:
 *
 *	keep.c	 memory that outlives the process; recovery in a new process
 *	undo.c	 restores the state before an interrupted request
 *	pages.c	 pages of that memory
 *	heap.c	 objects in it
 *	data.c	 contents of a regular file: pages over an optional read-only base in the initrd
 *	node.c	 nodes (inodes), their handles, permissions, life time
 *	dir.c	 directories: entries in creation order, found through one hash table
 *	path.c	 from a path to a node; symbolic links
 *	ops.c, names.c	the handlers: files, names
 *	request.c the frame of each handler
 *	cpio.c	 fills the tree from the initrd
 *
 * All data of the file system is in kept memory.  It is changed only through CHANGE(), or after
 * undo(), except for objects that the same request has allocated and the contents of files.
 *
 * One thread, no locks.  The contents of a request are not trusted.  Errors are -errno.
 */
#ifndef RAMFS_H
#define RAMFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <srv.h>

#define PAGE_BYTES	4096u
#define NAME_BYTES	255
#define FILE_MAX	(1ull << 40)

struct node;
struct entry;

/* ---- keep.c --------------------------------------------------------------------------------- */

/*
 * At a fixed address, so that pointers in it are valid in the next process: head, bitmap, marks
 * of freed words (pages.c), log, pages.
 */
#define KEEP_ADDRESS	0x500000000000ul
#define KEEP_HEAD_BYTES	4096ul
/* The address at which the initrd is mapped: files point into it. */
#define ARCHIVE_ADDRESS	0x400000000000ul

#define HEAP_CLASSES	13

/* The head of kept memory. */
struct kept {
	uint64_t magic;			/* written last: everything below is complete */
	uint64_t log_used;		/* bytes of the undo log that must be restored */
	uint64_t idle_offset;
	uint64_t log_offset, log_bytes;
	uint64_t first_page, nr_pages;	/* offset of the pages, how many: a multiple of 64 */
	uint64_t pages_used;
	struct heap_page *heap[HEAP_CLASSES];	/* pages with free objects */
	uint64_t objects;		/* number of heap objects in use: tests look for leaks */

	struct node *root;
	struct node **table;		/* nodes by the low half of their handle */
	uint32_t table_room, free_hint;	/* no smaller index is free */
	uint64_t next_ino, next_version, nodes_used;
	struct node *dying;		/* without name and user; to be freed, step by step */

	struct entry **buckets;		/* all names */
	uint32_t nr_buckets, nr_entries;

	/* The last request that changed something; if it comes again it was not answered. */
	struct last_request {
		uint64_t tag, aux;
		int64_t status;
	} last;
};

static struct kept *const kept = (struct kept *)KEEP_ADDRESS;

/*
 * Maps the memory of the port, with @bytes for files. 1 = there is a file system, in the state
 * after the last answered request; 0 = none yet: fill it, then call keep_begin(); or -errno.
 */
int keep_open(struct srv *srv, uint64_t bytes);
void keep_begin(struct srv *srv);

/* ---- undo.c --------------------------------------------------------------------------------- */

/* The @n bytes at @p are restored unless undo_commit() follows.  Returns @p. */
void *undo(void *p, size_t n);
#define CHANGE(x)	(*(__typeof__(x) *)undo((void *)&(x), sizeof(x)))
/* Makes all changes permanent. */
void undo_commit(struct srv *srv);
void undo_rollback(void);

/* ---- pages.c -------------------------------------------------------------------------------- */

/* An uninitialised page, or NULL. Pages allocated in a row are neighbours when possible. */
uint8_t *page_alloc(void);
/* The number of pages that are left for files. */
uint64_t pages_left(void);
void page_free(uint8_t *page);
/* @count neighbours, or NULL. */
void *pages_alloc_run(uint64_t count);
void pages_free_run(void *pages, uint64_t count);
/* The request is over: returns groups of 64 free neighbours to the kernel. */
void pages_committed(struct srv *srv);
/* Called in a new process. */
void pages_recovered(struct srv *srv);

/* ---- heap.c --------------------------------------------------------------------------------- */

struct heap_page {
	struct heap_page *next, *prev;
	uint32_t class, count, free_count;
	uint64_t free[2];
};

/* Uninitialised, or NULL. */
void *heap_alloc(size_t size);
void heap_free(void *object, size_t size);
/* On failure the object is unchanged. */
void *heap_resize(void *object, size_t old, size_t new);

/* ---- data.c --------------------------------------------------------------------------------- */

/*
 * Byte i is that of pages[i / 4096] if that exists, else base[i] if i < base_size, else 0.
 * Bytes of a page behind the end of the file are zero.
 */
struct data {
	uint64_t size;
	const uint8_t *base;		/* in the initrd, not written */
	uint64_t base_size;
	uint8_t **pages;		/* NULL: hole or base */
	uint64_t nr_pages;		/* allocated slots of @pages */
	uint64_t used;			/* pages present */
};

/* The longest contiguous range at @pos, at most @max bytes: its address and length. */
const uint8_t *data_run(const struct data *data, uint64_t pos, size_t max, size_t *len);
/*
 * Makes pages for [pos, pos + len) writable.  Returns the bytes that are now contiguous there; 0
 * without memory.  Does not change the size.
 */
size_t data_prepare(struct data *data, uint64_t pos, size_t len);
int data_resize(struct data *data, uint64_t size);
/* The number of pages of the contents, in the initrd or here: holes have none. */
uint64_t data_pages(const struct data *data);
/* Drops prepared pages behind the end. */
void data_trim(struct data *data);
/* Frees up to @max pages, from the end; true when none is left. */
bool data_shrink(struct data *data, uint64_t max);

/* ---- node.c --------------------------------------------------------------------------------- */

struct dir {
	struct node *parent;		/* the root's parent is the root */
	struct entry **list;		/* by ascending seq */
	uint32_t count, room;
	uint64_t next_seq;
};

struct link {
	const char *target;		/* not NUL-terminated */
	uint32_t len;
	bool owned;			/* else it is in the initrd */
};

struct node {
	uint64_t ino;			/* not reused */
	uint64_t version;		/* changes with the contents */
	uint64_t handle;
	uint32_t mode, uid, gid;
	uint32_t nlink;
	uint64_t opens;			/* open descriptions in the kernel */
	int64_t atime, mtime, ctime;
	struct node *next_dying;
	union {
		struct data file;
		struct dir dir;
		struct link link;
	};
};

/* The identity of a caller. */
struct cred {
	uint32_t uid, gid;
	uint64_t tag;		/* of the request; 0 = the server's own work */
};

static inline struct cred cred_of(const struct port_request *req)
{
	return (struct cred){ req->uid, req->gid, req->tag };
}

/* True for its own group or a supplementary one, for which the kernel is asked. */
bool cred_in_group(struct cred cred, uint32_t gid);
void cred_init(const struct srv *srv);	/* once, before any request */

static inline bool node_is_dir(const struct node *node)
{
	return S_ISDIR(node->mode);
}

/* A node without a name; NULL when out of memory. */
struct node *node_create(uint32_t mode, struct cred cred);
/* Frees @node later, in nodes_reap(), if it has neither a name nor a user. */
void node_release(struct node *node);
/*
 * Frees dying nodes in steps that are committed one by one: the log stays short, however large a
 * file was.  After a request was committed.
 */
void nodes_reap(struct srv *srv);
/* After the death of a process: the kernel reports the opens; data behind the ends is dropped. */
int nodes_recover(struct srv *srv);
/* The node of an open file, or NULL. */
struct node *node_by_handle(uint64_t handle);
/* The same for a node that need not be open. */
struct node *node_of(uint64_t handle);
/* The contents have changed now. */
void node_changed(struct node *node);
/* The same for a request of @cred: clears set-ids, so that foreign code cannot run with them. */
void node_written(struct node *node, struct cred cred);
/*
 * Set-user-id and set-group-id as on Linux: the bits of @mode that a new node in @dir gets, the
 * bits that chmod() may set, and the bits that a change of the owner clears.
 */
uint32_t node_create_mode(uint32_t mode, const struct node *dir, struct cred cred);
uint32_t node_chmod_mode(uint32_t mode, const struct node *node, struct cred cred);
/* The set-id bits that are cleared when @cred writes or chowns the file. */
uint32_t node_set_ids(const struct node *node, struct cred cred);
void node_drop_set_ids(struct node *node, struct cred cred);
void node_attr(const struct node *node, struct port_attr *attr);
/* 0 if @cred may read (4), write (2), execute or search (1); or -EACCES. */
int node_access(const struct node *node, unsigned want, struct cred cred);
/* Sticky directories: 0 if @cred may remove the name of @node from @dir; or -EPERM. */
int node_may_remove(const struct node *dir, const struct node *node, struct cred cred);

/* ---- dir.c ---------------------------------------------------------------------------------- */

struct entry {
	struct entry *next;		/* in the hash chain */
	struct node *dir, *node;
	uint64_t seq;			/* cookie of readdir */
	uint32_t hash;
	uint16_t len;
	char name[];			/* NUL-terminated */
};

struct entry *dir_find(const struct node *dir, const char *name, size_t len);
/* Adds a name; -EEXIST, -ENAMETOOLONG, -ENOMEM. Counts links and sets the parent. */
int dir_add(struct node *dir, const char *name, size_t len, struct node *node);
void dir_remove(struct entry *entry);
/* A name of @node was removed: it may be freed; a directory loses its ".". */
void dir_forget(struct node *node);
/* Gives the entry another node (rename over an existing name); the old node loses a link. */
void dir_replace(struct entry *entry, struct node *node);
/* Fills @buf with port_dirent records from @cookie on; bytes, -EINVAL if none fits. */
int64_t dir_list(const struct node *dir, uint64_t cookie, void *buf, size_t size);
/* True if @node is @dir or one of its ancestors. */
bool dir_is_below(const struct node *dir, const struct node *node);
void dir_free(struct dir *dir);

/* ---- path.c --------------------------------------------------------------------------------- */

#define WALK_NOFOLLOW	1	/* a link in the last place is the result */
#define WALK_CREATE	2	/* the last name may be missing: node is NULL then */
#define WALK_DIRECTORY	4	/* the result must be a directory */
#define WALK_SEARCH	8	/* @cred must be able to search it */

/* @flags, with the requirements of the path's ending. */
static inline unsigned walk_flags(const struct port_request *req, unsigned flags)
{
	if (req->flags & PORT_REQ_DIRECTORY)
		flags = (flags & ~WALK_NOFOLLOW) | WALK_DIRECTORY;
	return req->flags & PORT_REQ_SEARCH ? flags | WALK_SEARCH : flags;
}

struct walk {
	struct node *dir;		/* NULL when the path is the root */
	struct node *node;
	struct entry *entry;
	const char *name;	/* last component, in the given path or in a link's target */
	size_t len;
	char redirect[SRV_PATH_MAX];	/* with PORT_REDIRECT: the path for the kernel */
};

/* 0, PORT_REDIRECT or -errno. */
int path_walk(const char *path, unsigned flags, struct cred cred, struct walk *walk);

/* ---- request.c, ops.c, names.c, cpio.c ------------------------------------------------------- */

/*
 * Wraps all handlers that are registered before: each is executed once or not at all.
 * @open_again: makes the answer to an OPEN that was executed, but not answered.
 */
void requests_register(struct srv *srv,
		       int64_t (*open_again)(struct port_reply *reply, uint64_t handle));
/* The answer to an OPEN that was executed by a process that has died. */
int64_t open_again(struct port_reply *reply, uint64_t handle);

void ops_register(struct srv *srv);
void names_register(struct srv *srv);
/* OPEN with O_CREAT and MKNOD: a new node with a name. */
int node_make(const struct walk *walk, uint32_t mode, struct cred cred, struct node **out);
/* Makes the redirect the answer's data if @ret is PORT_REDIRECT; returns @ret. */
int64_t walk_status(struct port_reply *reply, const struct walk *walk, int ret);

/* Makes nodes that refer to the archive's entries.  Returns their number or -errno. */
int64_t cpio_load(struct srv *srv, const uint8_t *archive, uint64_t size);

#endif
