/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes.  A node exists while it has a name or an open file.  A handle consists of the index into
 * the table of nodes and the low half of the inode number, so the handle of a dead node is
 * invalid.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ramfs.h"

/* The number of pages that are freed between two commits. */
#define REAP_PAGES	1024

static bool table_grow(void)
{
	uint32_t room = kept->table_room ? kept->table_room * 2 : 512;
	struct node **bigger = heap_resize(kept->table, kept->table_room * sizeof(*bigger),
					   room * sizeof(*bigger));

	if (!bigger)
		return false;
	for (uint32_t i = kept->table_room; i < room; i++)
		bigger[i] = NULL;
	CHANGE(kept->table) = bigger;
	CHANGE(kept->table_room) = room;
	return true;
}

static bool table_insert(struct node *node)
{
	uint32_t index = kept->free_hint;

	while (index < kept->table_room && kept->table[index])
		index++;
	if (index == kept->table_room && !table_grow())
		return false;
	CHANGE(kept->table[index]) = node;
	CHANGE(kept->free_hint) = index + 1;
	node->handle = (node->ino << 32) | index;
	return true;
}

struct node *node_create(uint32_t mode, struct cred cred)
{
	struct node *node = heap_alloc(sizeof(*node));

	if (!node)
		return NULL;
	memset(node, 0, sizeof(*node));
	node->ino = CHANGE(kept->next_ino)++;
	if (!table_insert(node)) {
		heap_free(node, sizeof(*node));
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
	CHANGE(kept->nodes_used)++;
	return node;
}

void node_release(struct node *node)
{
	uint32_t index = (uint32_t)node->handle;

	if (node->opens || node->nlink)
		return;
	/* Its handle becomes invalid, so that it is released only once. */
	CHANGE(kept->table[index]) = NULL;
	if (index < kept->free_hint)
		CHANGE(kept->free_hint) = index;
	CHANGE(node->next_dying) = kept->dying;
	CHANGE(kept->dying) = node;
	CHANGE(kept->nodes_used)--;
}

void nodes_reap(struct srv *srv)
{
	while (kept->dying) {
		struct node *node = kept->dying;

		while (S_ISREG(node->mode) && !data_shrink(&node->file, REAP_PAGES))
			undo_commit(srv);
		if (node_is_dir(node))
			dir_free(&node->dir);
		else if (S_ISLNK(node->mode) && node->link.owned)
			heap_free((char *)node->link.target, node->link.len + 1);
		CHANGE(kept->dying) = node->next_dying;
		heap_free(node, sizeof(*node));
		undo_commit(srv);
	}
}

/* Counts the open files that the kernel reports. */
static int count_opens(struct srv *srv)
{
	long room = port_handles(srv->port, NULL, 0), count;
	uint64_t *handles = room > 0 ? malloc(room * sizeof(*handles)) : NULL;

	if (room <= 0)
		return (int)room;
	if (!handles)
		return -ENOMEM;
	count = port_handles(srv->port, handles, room);
	for (long i = 0; i < count && i < room; i++) {
		struct node *node = node_of(handles[i]);

		if (node)
			node->opens++;
	}
	free(handles);
	return count < 0 ? (int)count : 0;
}

/* Each step can be repeated if this process also dies. */
int nodes_recover(struct srv *srv)
{
	int ret;

	for (uint32_t i = 0; i < kept->table_room; i++)
		if (kept->table[i])
			kept->table[i]->opens = 0;
	ret = count_opens(srv);
	if (ret < 0)
		return ret;
	for (uint32_t i = 0; i < kept->table_room; i++) {
		struct node *node = kept->table[i];

		if (!node)
			continue;
		if (S_ISREG(node->mode))
			data_trim(&node->file);
		node_release(node);
		undo_commit(srv);
	}
	nodes_reap(srv);
	return 0;
}

struct node *node_of(uint64_t handle)
{
	uint32_t index = (uint32_t)handle;
	struct node *node = index < kept->table_room ? kept->table[index] : NULL;

	return node && node->handle == handle ? node : NULL;
}

struct node *node_by_handle(uint64_t handle)
{
	struct node *node = node_of(handle);

	return node && node->opens ? node : NULL;
}

void node_changed(struct node *node)
{
	int64_t *times = undo(&node->mtime, sizeof(node->mtime) + sizeof(node->ctime));

	_Static_assert(offsetof(struct node, ctime) ==
		       offsetof(struct node, mtime) + sizeof(node->mtime), "one record for both");
	times[0] = times[1] = srv_now();
	CHANGE(node->version) = CHANGE(kept->next_version)++;
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
	if (S_ISREG(node->mode)) {
		attr->size = node->file.size;
		attr->blocks = data_pages(&node->file) * (PAGE_BYTES / 512);
	}
	else if (S_ISLNK(node->mode))
		attr->size = node->link.len;
	else
		attr->size = node->dir.count * sizeof(struct entry);
}

/* Root may set any group's set-group-id, other users only that of a group they are in. */
static bool may_set_group_id(uint32_t gid, struct cred cred)
{
	return cred.uid == 0 || cred_in_group(cred, gid);
}

uint32_t node_create_mode(uint32_t mode, const struct node *dir, struct cred cred)
{
	if (S_ISDIR(mode))
		return mode | (dir->mode & S_ISGID);
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && dir->mode & S_ISGID &&
	    !may_set_group_id(dir->gid, cred))
		mode &= ~S_ISGID;
	return mode;
}

uint32_t node_chmod_mode(uint32_t mode, const struct node *node, struct cred cred)
{
	if (mode & S_ISGID && !may_set_group_id(node->gid, cred))
		mode &= ~S_ISGID;
	return (node->mode & S_IFMT) | (mode & 07777);
}

uint32_t node_set_ids(const struct node *node, struct cred cred)
{
	uint32_t drop = node->mode & S_ISUID;

	if (S_ISDIR(node->mode))
		return 0;
	if (node->mode & S_ISGID &&
	    (node->mode & S_IXGRP || !may_set_group_id(node->gid, cred)))
		drop |= S_ISGID;
	return drop;
}

void node_drop_set_ids(struct node *node, struct cred cred)
{
	uint32_t drop = node_set_ids(node, cred);

	if (drop)
		CHANGE(node->mode) &= ~drop;
}

void node_written(struct node *node, struct cred cred)
{
	node_changed(node);
	if (cred.uid)
		node_drop_set_ids(node, cred);
}

int node_access(const struct node *node, unsigned want, struct cred cred)
{
	unsigned shift = 0;

	if (cred.uid == 0) {
		/* Everything, except execution of a file without any execute bit. */
		if ((want & 1) && S_ISREG(node->mode) && !(node->mode & 0111))
			return -EACCES;
		return 0;
	}
	if (cred.uid == node->uid)
		shift = 6;
	else if (((node->mode >> 3 ^ node->mode) & want) && cred_in_group(cred, node->gid))
		shift = 3;	/* if the group makes no difference the kernel is not asked */
	return (node->mode >> shift & want) == want ? 0 : -EACCES;
}

int node_may_remove(const struct node *dir, const struct node *node, struct cred cred)
{
	if (!(dir->mode & S_ISVTX) || cred.uid == 0 || cred.uid == dir->uid ||
	    cred.uid == node->uid)
		return 0;
	return -EPERM;
}
