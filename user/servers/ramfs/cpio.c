/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initrd: a cpio archive of the "newc" kind.  Contents of files and targets of links are used
 * in place, so loading only creates the nodes.  The archive comes with the image.  A damaged
 * archive is refused at the first bad header; what was loaded before stays.
 */
#include <errno.h>
#include <string.h>
#include "ramfs.h"

#define HEADER_BYTES	110
#define FIELDS		13

enum { INO, MODE, UID, GID, NLINK, MTIME, FILESIZE, DEVMAJ, DEVMIN, RDEVMAJ, RDEVMIN, NAMESIZE };

struct member {
	uint32_t field[FIELDS];
	const char *name;		/* NUL-terminated */
	const uint8_t *data;
};

static bool parse_hex(const uint8_t *text, uint32_t *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		unsigned c = text[i] | 0x20;

		if (c - '0' < 10)
			*value = *value << 4 | (c - '0');
		else if (c - 'a' < 6)
			*value = *value << 4 | (c - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* Decodes the member at *@offset and advances; false if it is no member. */
static bool next_member(const uint8_t *archive, uint64_t size, uint64_t *offset, struct member *m)
{
	const uint8_t *head = archive + *offset;
	uint64_t left = size - *offset, name_end, data_end;

	if (left < HEADER_BYTES || memcmp(head, "07070", 5) != 0 || (head[5] | 3) != '3')
		return false;
	for (int i = 0; i < FIELDS; i++)
		if (!parse_hex(head + 6 + 8 * i, &m->field[i]))
			return false;
	name_end = (*offset + HEADER_BYTES + m->field[NAMESIZE] + 3) & ~3ull;
	data_end = (name_end + m->field[FILESIZE] + 3) & ~3ull;
	if (m->field[NAMESIZE] == 0 || name_end > size || name_end + m->field[FILESIZE] > size)
		return false;
	m->name = (const char *)head + HEADER_BYTES;
	m->data = archive + name_end;
	*offset = data_end < size ? data_end : size;
	return memchr(m->name, '\0', m->field[NAMESIZE]) != NULL;
}

static const char *strip_dots(const char *name)
{
	while (*name == '/' || (name[0] == '.' && (name[1] == '/' || !name[1])))
		name++;
	return name;
}

static void fill_node(struct node *node, const struct member *m)
{
	if (S_ISREG(node->mode)) {
		node->file.size = node->file.base_size = m->field[FILESIZE];
		node->file.base = m->data;
	} else if (S_ISLNK(node->mode)) {
		node->link = (struct link){ (const char *)m->data, m->field[FILESIZE], false };
	}
	node->mtime = node->ctime = node->atime = m->field[MTIME] * 1000000000ll;
}

/* 0, or -errno: the caller skips a member that cannot be added. */
static int add_member(const struct member *m)
{
	static struct walk walk;
	const char *name = strip_dots(m->name);
	struct cred owner = { .uid = m->field[UID], .gid = m->field[GID] }, super = { 0 };
	struct node *node;
	int ret;

	if (!S_ISREG(m->field[MODE]) && !S_ISDIR(m->field[MODE]) && !S_ISLNK(m->field[MODE]))
		return -EPERM;
	ret = path_walk(name, WALK_CREATE | WALK_NOFOLLOW, super, &walk);
	if (ret < 0)
		return ret;
	if (walk.node) {
		/* Directories may be listed twice; the last entry decides. */
		if (!node_is_dir(walk.node) || !S_ISDIR(m->field[MODE]))
			return -EEXIST;
		walk.node->mode = m->field[MODE] & (S_IFMT | 07777);
		walk.node->uid = owner.uid;
		walk.node->gid = owner.gid;
		return 0;
	}
	ret = node_make(&walk, m->field[MODE] & (S_IFMT | 07777), super, &node);
	if (ret < 0)
		return ret;
	node->uid = owner.uid;
	node->gid = owner.gid;
	fill_node(node, m);
	return 0;
}

int64_t cpio_load(struct srv *srv, const uint8_t *archive, uint64_t size)
{
	uint64_t offset = 0;
	int64_t loaded = 0;
	struct member m;

	while (next_member(archive, size, &offset, &m)) {
		int error;

		if (strcmp(m.name, "TRAILER!!!") == 0)
			return loaded;
		error = add_member(&m);
		if (error == -ENOSPC)
			return error;
		if (error == 0)
			loaded++;
		undo_commit(srv);
	}
	return -EINVAL;
}
