/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs: the root file system, in memory.  This header is the map of the server:
 *
 *	keep.c	 memory that outlives the process, and what a new process makes of it
 *	undo.c	 puts back what an interrupted request had changed
 *	pages.c	 pages of that memory
 *	heap.c	 objects in it
 *	data.c	 contents of a regular file: pages over an optional read-only base in the initrd
 *	node.c	 nodes (inodes), their handles, permissions, life time
 *	dir.c	 directories: entries in creation order, found through one hash table
 *	path.c	 from a path to a node; symbolic links
 *	ops.c, names.c	the handlers: files, names
 *	request.c what is done around each of them
 *	cpio.c	 fills the tree from the initrd
 *
 * Everything the file system consists of is in kept memory.  It is only changed through CHANGE(),
 * or after undo(), unless it was allocated by the same request or is the contents of a file.
 *
 * One thread, no locks.  Nothing here trusts the contents of a request.  Errors are -errno.
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

/* Fixed, so that pointers in it mean the same to the next process: head, bitmap, log, pages. */
#define KEEP_ADDRESS	0x500000000000ul
#define KEEP_HEAD_BYTES	4096ul
/* Where the initrd is mapped: files point into it. */
#define ARCHIVE_ADDRESS	0x400000000000ul

#define HEAP_CLASSES	13

/* The head of kept memory. */
struct kept {
	uint64_t magic;			/* last: all below is there */
	uint64_t log_used;		/* bytes of the undo log that are to be put back */
	uint64_t log_offset, log_bytes;
	uint64_t first_page, nr_pages;	/* offset of the pages, how many: a multiple of 64 */
	uint64_t pages_used;
	struct heap_page *heap[HEAP_CLASSES];	/* pages with free objects */
	uint64_t objects;		/* that the heap has given out: tests look for leaks */

	struct node *root;
	struct node **table;		/* nodes by the low half of their handle */
	uint32_t table_room, free_hint;	/* no free index lies below */
	uint64_t next_ino, next_version, nodes_used;
	struct node *dying;		/* neither name nor user; to be freed, step by step */

	struct entry **buckets;		/* all names */
	uint32_t nr_buckets, nr_entries;

	/* The last request that changed something: one that comes again was not answered. */
	uint64_t last_tag, last_aux;
	int64_t last_status;
};

static struct kept *const kept = (struct kept *)KEEP_ADDRESS;

/*
 * Maps the memory of the port, with @bytes for files.  1 = a file system is there, as the last
 * answered request left it; 0 = nothing yet: fill it, then keep_begin(); or -errno.
 */
int keep_open(struct srv *srv, uint64_t bytes);
void keep_begin(struct srv *srv);

/* ---- undo.c --------------------------------------------------------------------------------- */

/* What stands in the @n bytes at @p is put back unless undo_commit() comes.  Returns @p. */
void *undo(void *p, size_t n);
#define CHANGE(x)	(*(__typeof__(x) *)undo((void *)&(x), sizeof(x)))
/* What was changed stays. */
void undo_commit(struct srv *srv);
void undo_rollback(void);

/* ---- pages.c -------------------------------------------------------------------------------- */

/* An uninitialised page, or NULL. Pages allocated in a row are neighbours when possible. */
uint8_t *page_alloc(void);
/* How many more there are for files. */
uint64_t pages_left(void);
void page_free(uint8_t *page);
/* @count neighbours, or NULL. */
void *pages_alloc_run(uint64_t count);
void pages_free_run(void *pages, uint64_t count);
/* The request is over: 64 neighbours that are free go back to the kernel. */
void pages_committed(struct srv *srv);
/* In a new process. */
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
/* Keeps the object when it fails. */
void *heap_resize(void *object, size_t old, size_t new);

/* ---- data.c --------------------------------------------------------------------------------- */

/*
 * Byte i is that of pages[i / 4096] if that exists, else base[i] if i < base_size, else 0.
 * Bytes of a page behind the end of the file are zero.
 */
struct data {
	uint64_t size;
	const uint8_t *base;		/* in the initrd, never written */
	uint64_t base_size;
	uint8_t **pages;		/* NULL: hole or base */
	uint64_t nr_pages;		/* allocated slots of @pages */
	uint64_t used;			/* pages present */
};

/* The longest stretch at @pos, at most @max bytes, that lies in one piece: its address, length. */
const uint8_t *data_run(const struct data *data, uint64_t pos, size_t max, size_t *len);
/*
 * Makes pages for [pos, pos + len) that may be written; the bytes now reachable there, 0 when out
 * of memory.  Does not change the size.
 */
size_t data_prepare(struct data *data, uint64_t pos, size_t len);
int data_resize(struct data *data, uint64_t size);
/* Forgets what was prepared behind the end. */
void data_trim(struct data *data);
/* Takes away up to @max pages, from the end; true when none is left. */
bool data_shrink(struct data *data, uint64_t max);

/* ---- node.c --------------------------------------------------------------------------------- */

struct dir {
	struct node *parent;		/* the root's is the root */
	struct entry **list;		/* by ascending seq */
	uint32_t count, room;
	uint64_t next_seq;
};

struct link {
	const char *target;		/* not ended by NUL */
	uint32_t len;
	bool owned;			/* else it lies in the initrd */
};

struct node {
	uint64_t ino;			/* never used again */
	uint64_t version;		/* changes with the contents */
	uint64_t handle;
	uint32_t mode, uid, gid;
	uint32_t nlink;
	uint64_t opens;			/* descriptions at the kernel */
	int64_t atime, mtime, ctime;
	struct node *next_dying;
	union {
		struct data file;
		struct dir dir;
		struct link link;
	};
};

/* Who asks. */
struct cred {
	uint32_t uid, gid;
	uint64_t tag;		/* of the request; 0 = our own work */
};

static inline struct cred cred_of(const struct port_request *req)
{
	return (struct cred){ req->uid, req->gid, req->tag };
}

/* By its own group or a supplementary one, which the kernel knows. */
bool cred_in_group(struct cred cred, uint32_t gid);

static inline bool node_is_dir(const struct node *node)
{
	return S_ISDIR(node->mode);
}

/* A node without a name; NULL when out of memory. */
struct node *node_create(uint32_t mode, struct cred cred);
/* @node will be freed if it has neither a name nor a user: by nodes_reap(). */
void node_release(struct node *node);
/*
 * Frees what is dying, in steps that are committed one by one: however large a file was, the log
 * stays short.  After a request was committed.
 */
void nodes_reap(struct srv *srv);
/* After the death of a process: opens are what the kernel says, nothing lies behind the ends. */
int nodes_recover(struct srv *srv);
/* The node of an open file, or NULL. */
struct node *node_by_handle(uint64_t handle);
/* Open or not. */
struct node *node_of(uint64_t handle);
/* The contents changed now. */
void node_changed(struct node *node);
void node_attr(const struct node *node, struct port_attr *attr);
/* May @cred read (4), write (2), execute or search (1)? 0 or -EACCES. */
int node_access(const struct node *node, unsigned want, struct cred cred);
/* Sticky directories: may @cred take the name of @node out of @dir? 0 or -EPERM. */
int node_may_remove(const struct node *dir, const struct node *node, struct cred cred);

/* ---- dir.c ---------------------------------------------------------------------------------- */

struct entry {
	struct entry *next;		/* in the hash chain */
	struct node *dir, *node;
	uint64_t seq;			/* cookie of readdir */
	uint32_t hash;
	uint16_t len;
	char name[];			/* ended by NUL */
};

struct entry *dir_find(const struct node *dir, const char *name, size_t len);
/* Adds a name; -EEXIST, -ENAMETOOLONG, -ENOMEM. Counts links and sets the parent. */
int dir_add(struct node *dir, const char *name, size_t len, struct node *node);
void dir_remove(struct entry *entry);
/* After a name of @node was removed for good: it may die; a directory's "." is gone. */
void dir_forget(struct node *node);
/* The entry gets another node (rename over an existing name); the old one loses a link. */
void dir_replace(struct entry *entry, struct node *node);
/* Fills @buf with port_dirent records from @cookie on; bytes, -EINVAL if not one fits. */
int64_t dir_list(const struct node *dir, uint64_t cookie, void *buf, size_t size);
/* Is @node @dir or one of its ancestors? */
bool dir_is_below(const struct node *dir, const struct node *node);
void dir_free(struct dir *dir);

/* ---- path.c --------------------------------------------------------------------------------- */

#define WALK_NOFOLLOW	1	/* a link in the last place is the result */
#define WALK_CREATE	2	/* the last name may be missing: node is NULL then */

struct walk {
	struct node *dir;		/* NULL when the path is the root */
	struct node *node;
	struct entry *entry;
	const char *name;		/* last component, in the path given or a link's target */
	size_t len;
	char redirect[SRV_PATH_MAX];	/* with PORT_REDIRECT: where the kernel must look */
};

/* 0, PORT_REDIRECT or -errno. */
int path_walk(const char *path, unsigned flags, struct cred cred, struct walk *walk);

/* ---- request.c, ops.c, names.c, cpio.c ------------------------------------------------------- */

/* All handlers, each a unit that is carried out once or not at all. */
void requests_register(struct srv *srv);
/* The answer to an OPEN that was carried out by a process that died. */
int64_t open_again(struct port_reply *reply, uint64_t handle);

void ops_register(struct srv *srv);
void names_register(struct srv *srv);
/* OPEN with O_CREAT and MKNOD: a new node with a name. */
int node_make(const struct walk *walk, uint32_t mode, struct cred cred, struct node **out);
/* Makes the redirect the answer's data if @rc is PORT_REDIRECT; returns @rc. */
int64_t walk_status(struct port_reply *reply, const struct walk *walk, int rc);

/* Entries of the archive become nodes that refer to it; number of them or -errno. */
int64_t cpio_load(struct srv *srv, const uint8_t *archive, uint64_t size);

#endif
