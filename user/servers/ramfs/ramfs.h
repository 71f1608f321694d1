/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs: the root file system, in memory.  This header is the map of the server:
 *
 *	pages.c	 pool of 4 KiB pages for file contents
 *	data.c	 contents of a regular file: pages over an optional read-only base in the initrd
 *	node.c	 nodes (inodes), their handles, permissions, life time
 *	dir.c	 directories: entries in creation order, found through one hash table
 *	path.c	 from a path to a node; symbolic links
 *	ops.c, names.c	the handlers: files, names
 *	cpio.c	 fills the tree from the initrd
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

/* ---- pages.c -------------------------------------------------------------------------------- */

/* An uninitialised page, or NULL. Pages allocated in a row are neighbours when possible. */
uint8_t *page_alloc(void);
void page_free(uint8_t *page);
/* Pages in use; chunks go back to the kernel when their last page is freed. */
extern uint64_t pages_used;

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
void data_free(struct data *data);

/* ---- node.c --------------------------------------------------------------------------------- */

struct node;
struct entry;

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
	union {
		struct data file;
		struct dir dir;
		struct link link;
	};
};

/* Who asks. */
struct cred {
	uint32_t uid, gid;
};

static inline struct cred cred_of(const struct port_request *req)
{
	return (struct cred){ req->uid, req->gid };
}

static inline bool node_is_dir(const struct node *node)
{
	return S_ISDIR(node->mode);
}

/* A node without a name; NULL when out of memory. */
struct node *node_create(uint32_t mode, struct cred cred);
/* Frees @node if it has neither a name nor a user. */
void node_release(struct node *node);
/* The node of an open file, or NULL. */
struct node *node_by_handle(uint64_t handle);
/* The contents changed now. */
void node_changed(struct node *node);
void node_attr(const struct node *node, struct port_attr *attr);
/* May @cred read (4), write (2), execute or search (1)? 0 or -EACCES. */
int node_access(const struct node *node, unsigned want, struct cred cred);
/* Sticky directories: may @cred take the name of @node out of @dir? 0 or -EPERM. */
int node_may_remove(const struct node *dir, const struct node *node, struct cred cred);
extern uint64_t nodes_used;

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

extern struct node *root;

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

/* ---- ops.c, names.c, cpio.c ------------------------------------------------------------------ */

void ops_register(struct srv *srv);
void names_register(struct srv *srv);
/* OPEN with O_CREAT and MKNOD: a new node with a name. */
int node_make(const struct walk *walk, uint32_t mode, struct cred cred, struct node **out);
/* Makes the redirect the answer's data if @rc is PORT_REDIRECT; returns @rc. */
int64_t walk_status(struct port_reply *reply, const struct walk *walk, int rc);

/* Entries of the archive become nodes that refer to it; number of them or -errno. */
int64_t cpio_load(const uint8_t *archive, uint64_t size);

#endif
