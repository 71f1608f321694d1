/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories.  All names of the file system are in one hash table by (directory, name), so a
 * look-up costs the same in a directory of ten and of a hundred thousand names.  Each directory
 * also lists its entries by ascending sequence number.  That number is the cookie of readdir, so
 * a listing neither repeats nor misses names that stay while other names come and go.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ramfs.h"

/* The next bytes of a name, up to 8, as a number. */
static inline uint64_t name_word(const char *name, size_t len)
{
	uint64_t word = 0;

	if (len >= sizeof(word))
		memcpy(&word, name, sizeof(word));
	else
		while (len--)
			word = word << 8 | (uint8_t)name[len];
	return word;
}

static uint32_t name_hash(const struct node *dir, const char *name, size_t len)
{
	const uint64_t odd = 0x9e3779b97f4a7c15;	/* 2^64 / golden ratio */
	uint64_t hash = dir->ino * odd + len;

	for (size_t at = 0; at < len; at += 8) {
		hash = (hash ^ name_word(name + at, len - at)) * odd;
		hash ^= hash >> 32;
	}
	return (uint32_t)hash;
}

static bool name_equal(const char *a, const char *b, size_t len)
{
	size_t at = 0;

	for (; at + 8 < len; at += 8)
		if (name_word(a + at, 8) != name_word(b + at, 8))
			return false;
	/* The last word may overlap the word before it; a short name is one short word. */
	if (len > 8)
		at = len - 8;
	return name_word(a + at, len - at) == name_word(b + at, len - at);
}

struct entry *dir_find(const struct node *dir, const char *name, size_t len)
{
	uint32_t hash = name_hash(dir, name, len);
	struct entry *entry;

	if (!kept->nr_buckets)
		return NULL;
	for (entry = kept->buckets[hash & (kept->nr_buckets - 1)]; entry; entry = entry->next)
		if (entry->hash == hash && entry->dir == dir && entry->len == len &&
		    name_equal(entry->name, name, len))
			return entry;
	return NULL;
}

/* Doubles the table; without memory the chains grow longer instead. */
static bool hash_grow(void)
{
	uint32_t room = kept->nr_buckets ? kept->nr_buckets * 2 : 1024;
	struct entry **bigger = heap_alloc(room * sizeof(*bigger));

	if (!bigger)
		return kept->nr_buckets != 0;
	memset(bigger, 0, room * sizeof(*bigger));
	for (uint32_t i = 0; i < kept->nr_buckets; i++)
		for (struct entry *entry = kept->buckets[i], *next; entry; entry = next) {
			next = entry->next;
			CHANGE(entry->next) = bigger[entry->hash & (room - 1)];
			bigger[entry->hash & (room - 1)] = entry;
		}
	heap_free(kept->buckets, kept->nr_buckets * sizeof(*bigger));
	CHANGE(kept->buckets) = bigger;
	CHANGE(kept->nr_buckets) = room;
	return true;
}

static bool list_reserve(struct dir *dir)
{
	uint32_t room = dir->room ? dir->room * 2 : 4;
	struct entry **bigger;

	if (dir->count < dir->room)
		return true;
	bigger = heap_resize(dir->list, dir->room * sizeof(*bigger), room * sizeof(*bigger));
	if (!bigger)
		return false;
	CHANGE(dir->list) = bigger;
	CHANGE(dir->room) = room;
	return true;
}

/* A name for @node was created in @dir. */
static void link_count(struct node *dir, struct node *node)
{
	CHANGE(node->nlink)++;
	if (node_is_dir(node)) {
		CHANGE(node->dir.parent) = dir;
		CHANGE(dir->nlink)++;		/* its ".." */
	}
}

static void unlink_count(struct node *dir, struct node *node)
{
	CHANGE(node->nlink)--;
	if (node_is_dir(node))
		CHANGE(dir->nlink)--;
}

void dir_forget(struct node *node)
{
	CHANGE(node->ctime) = srv_now();
	if (node_is_dir(node)) {
		CHANGE(node->nlink) = 0;
		CHANGE(node->dir.parent) = node;
	}
	node_release(node);
}

int dir_add(struct node *dir, const char *name, size_t len, struct node *node)
{
	struct entry *entry;

	if (len > NAME_BYTES)
		return -ENAMETOOLONG;
	if (dir_find(dir, name, len))
		return -EEXIST;
	if (kept->nr_entries >= kept->nr_buckets && !hash_grow())
		return -ENOMEM;
	if (!list_reserve(&dir->dir))
		return -ENOMEM;
	entry = heap_alloc(sizeof(*entry) + len + 1);
	if (!entry)
		return -ENOMEM;
	entry->dir = dir;
	entry->node = node;
	entry->seq = CHANGE(dir->dir.next_seq)++;
	entry->hash = name_hash(dir, name, len);
	entry->len = len;
	memcpy(entry->name, name, len);
	entry->name[len] = '\0';
	entry->next = kept->buckets[entry->hash & (kept->nr_buckets - 1)];
	CHANGE(kept->buckets[entry->hash & (kept->nr_buckets - 1)]) = entry;
	CHANGE(dir->dir.list[dir->dir.count]) = entry;
	CHANGE(dir->dir.count)++;
	CHANGE(kept->nr_entries)++;
	link_count(dir, node);
	node_changed(dir);
	return 0;
}

/* The index of the first entry whose number is at least @seq. */
static uint32_t list_search(const struct dir *dir, uint64_t seq)
{
	uint32_t low = 0, high = dir->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (dir->list[middle]->seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void dir_remove(struct entry *entry)
{
	struct node *dir = entry->dir, *node = entry->node;
	struct entry **link = &kept->buckets[entry->hash & (kept->nr_buckets - 1)];
	uint32_t index = list_search(&dir->dir, entry->seq);

	while (*link != entry)
		link = &(*link)->next;
	CHANGE(*link) = entry->next;
	CHANGE(dir->dir.count)--;
	undo(dir->dir.list + index, (dir->dir.count - index) * sizeof(*dir->dir.list));
	memmove(dir->dir.list + index, dir->dir.list + index + 1,
		(dir->dir.count - index) * sizeof(*dir->dir.list));
	CHANGE(kept->nr_entries)--;
	heap_free(entry, sizeof(*entry) + entry->len + 1);
	unlink_count(dir, node);
	node_changed(dir);
}

void dir_replace(struct entry *entry, struct node *node)
{
	struct node *old = entry->node;

	CHANGE(entry->node) = node;
	unlink_count(entry->dir, old);
	link_count(entry->dir, node);
	node_changed(entry->dir);
	dir_forget(old);
}

static uint8_t dirent_type(const struct node *node)
{
	return (node->mode & S_IFMT) >> 12;	/* DT_ values are the type bits */
}

struct listing {
	char *buf;
	size_t used, size;
};

static bool list_emit(struct listing *out, const char *name, size_t len, const struct node *node,
		      uint64_t next)
{
	size_t need = (offsetof(struct port_dirent, name) + len + 1 + 7) & ~7ul;
	struct port_dirent *record = (struct port_dirent *)(out->buf + out->used);

	if (need > out->size - out->used)
		return false;
	/* Zeros behind the name; all other bytes are written below. */
	memset(out->buf + out->used + need - 8, 0, 8);
	record->node = node->ino;
	record->next = next;
	record->reclen = need;
	record->type = dirent_type(node);
	memcpy(record->name, name, len);
	out->used += need;
	return true;
}

int64_t dir_list(const struct node *node, uint64_t cookie, void *buf, size_t size)
{
	struct listing out = { buf, 0, size };
	const struct dir *dir = &node->dir;
	bool room = true;

	if (cookie == 0)
		room = list_emit(&out, ".", 1, node, 1);
	if (room && cookie <= 1)
		room = list_emit(&out, "..", 2, dir->parent, 2);
	for (uint32_t i = list_search(dir, cookie); room && i < dir->count; i++) {
		const struct entry *entry = dir->list[i];

		room = list_emit(&out, entry->name, entry->len, entry->node, entry->seq + 1);
	}
	return room || out.used ? (int64_t)out.used : -EINVAL;
}

bool dir_is_below(const struct node *dir, const struct node *node)
{
	while (dir != node && dir->dir.parent != dir)
		dir = dir->dir.parent;
	return dir == node;
}

void dir_free(struct dir *dir)
{
	heap_free(dir->list, dir->room * sizeof(*dir->list));
}
