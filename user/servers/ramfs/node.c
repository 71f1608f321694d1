/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes.  A node lives while it has a name or an open file.  A handle is the index into the table
 * of nodes and the low half of the inode number, so a handle of a dead node names nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include "ramfs.h"

uint64_t nodes_used;
static struct node **table;
static uint32_t table_room;
static uint32_t free_hint;		/* no free index lies below */
static uint64_t next_ino = 1;
static uint64_t next_version = 1;

static bool table_grow(void)
{
	uint32_t room = table_room ? table_room * 2 : 512;
	struct node **bigger = realloc(table, room * sizeof(*bigger));

	if (!bigger)
		return false;
	for (uint32_t i = table_room; i < room; i++)
		bigger[i] = NULL;
	table = bigger;
	table_room = room;
	return true;
}

static bool table_insert(struct node *node)
{
	while (free_hint < table_room && table[free_hint])
		free_hint++;
	if (free_hint == table_room && !table_grow())
		return false;
	table[free_hint] = node;
	node->handle = (node->ino << 32) | free_hint++;
	return true;
}

struct node *node_create(uint32_t mode, struct cred cred)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->ino = next_ino++;
	if (!table_insert(node)) {
		free(node);
		return NULL;
	}
	node->mode = mode;
	node->uid = cred.uid;
	node->gid = cred.gid;
	node->atime = srv_now();
	node_changed(node);
	if (node_is_dir(node)) {
		node->dir.parent = node;
		node->dir.next_seq = 2;		/* 0 and 1 are . and .. */
		node->nlink = 1;		/* its own "." */
	}
	nodes_used++;
	return node;
}

void node_release(struct node *node)
{
	uint32_t index = (uint32_t)node->handle;

	if (node->opens || node->nlink)
		return;
	if (S_ISREG(node->mode))
		data_free(&node->file);
	else if (node_is_dir(node))
		dir_free(&node->dir);
	else if (S_ISLNK(node->mode) && node->link.owned)
		free((char *)node->link.target);
	table[index] = NULL;
	if (index < free_hint)
		free_hint = index;
	nodes_used--;
	free(node);
}

struct node *node_by_handle(uint64_t handle)
{
	uint32_t index = (uint32_t)handle;
	struct node *node = index < table_room ? table[index] : NULL;

	return node && node->handle == handle && node->opens ? node : NULL;
}

void node_changed(struct node *node)
{
	node->mtime = node->ctime = srv_now();
	node->version = next_version++;
}

void node_attr(const struct node *node, struct port_attr *attr)
{
	*attr = (struct port_attr){
		.node = node->ino,
		.version = node->version,
		.mode = node->mode,
		.nlink = node->nlink,
		.uid = node->uid,
		.gid = node->gid,
		.atime_ns = node->atime,
		.mtime_ns = node->mtime,
		.ctime_ns = node->ctime,
	};
	if (S_ISREG(node->mode))
		attr->size = node->file.size;
	else if (S_ISLNK(node->mode))
		attr->size = node->link.len;
	else
		attr->size = node->dir.count * sizeof(struct entry);
}

int node_access(const struct node *node, unsigned want, struct cred cred)
{
	unsigned shift = 0;

	if (cred.uid == 0) {
		/* Everything but executing what nobody may execute. */
		if ((want & 1) && S_ISREG(node->mode) && !(node->mode & 0111))
			return -EACCES;
		return 0;
	}
	if (cred.uid == node->uid)
		shift = 6;
	else if (cred.gid == node->gid)
		shift = 3;
	return (node->mode >> shift & want) == want ? 0 : -EACCES;
}

int node_may_remove(const struct node *dir, const struct node *node, struct cred cred)
{
	if (!(dir->mode & S_ISVTX) || cred.uid == 0 || cred.uid == dir->uid ||
	    cred.uid == node->uid)
		return 0;
	return -EPERM;
}
