/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs_client.h - calls to a ramfs in the same process, in the way the kernel makes them for a client with
 * the ids uid and gid: paths are normalised and redirects followed. One C file of a program includes it.
 */
#ifndef TESTS_RAMFS_CLIENT_H
#define TESTS_RAMFS_CLIENT_H

#include <sys/stat.h>
#include <tap.h>
#include "fake_port.h"
#include "ramfs.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

static struct srv srv;
static unsigned uid, gid;
/* The target of the last redirect. */
static char redirect_to[SRV_PATH_MAX];

static inline void setup(void)
{
	struct cred super = { 0, 0 };

	srv.name = "ramfs";
	srv_start(&srv, 0, 1);
	cred_init(&srv);
	ops_register(&srv);
	names_register(&srv);
	requests_register(&srv, open_again);
	if (!fake_memory_size)
		CHECK_EQ(keep_open(&srv, 64 << 20), 0);
	kept->root = node_create(S_IFDIR | 0777, super);
	kept->root->nlink++;
	keep_begin(&srv);
}

/* The number of pages with file contents. */
static inline uint64_t file_pages(void)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < kept->table_room; i++)
		if (kept->table[i] && S_ISREG(kept->table[i]->mode))
			count += kept->table[i]->file.used;
	return count;
}

/* Lexical normalisation as in the kernel, without slashes at the ends. */
static inline void normalise(char *path)
{
	char copy[2 * SRV_PATH_MAX], *word, *save, *out = path;

	strcpy(copy, path);
	*out = '\0';
	for (word = strtok_r(copy, "/", &save); word; word = strtok_r(NULL, "/", &save)) {
		if (strcmp(word, ".") == 0)
			continue;
		if (strcmp(word, "..") == 0) {
			char *slash = strrchr(path, '/');

			*(slash ? slash : path) = '\0';
			out = path + strlen(path);
			continue;
		}
		out += sprintf(out, "%s%s", out == path ? "" : "/", word);
	}
}

/* Makes a path request and follows redirects, as the kernel does. */
static inline struct port_reply by_path(struct port_request req, const char *path, void *out,
				 uint32_t out_len)
{
	char text[SRV_PATH_MAX], room[SRV_PATH_MAX];
	struct port_reply reply;

	strcpy(text, path);
	req.flags = PORT_REQ_PATH;
	req.uid = uid;
	req.gid = gid;
	for (int round = 0; round <= PORT_REDIRECT_MAX; round++) {
		normalise(text);
		req.in_len = strlen(text);
		req.out_len = SRV_PATH_MAX;
		reply = fake_do(&srv, req, text, room);
		if (reply.status != PORT_REDIRECT) {
			if (out)
				memcpy(out, room, reply.len < out_len ? reply.len : out_len);
			return reply;
		}
		room[reply.aux] = '\0';
		strcpy(redirect_to, room);
		strcpy(text, room);
	}
	reply.status = -ELOOP;
	return reply;
}

static inline struct port_reply two_paths(uint16_t op, const char *a, const char *b, uint64_t flags)
{
	char text[2 * SRV_PATH_MAX], room[SRV_PATH_MAX], first[SRV_PATH_MAX], second[SRV_PATH_MAX];
	struct port_request req = { .op = op, .flags = PORT_REQ_PATH, .uid = uid, .gid = gid };
	struct port_reply reply;

	strcpy(first, a);
	strcpy(second, b);
	for (int round = 0; round <= PORT_REDIRECT_MAX; round++) {
		normalise(first);
		normalise(second);
		req.in_len = sprintf(text, "%s%s", first, second);
		req.arg[0] = strlen(first);
		req.arg[1] = flags;
		req.out_len = SRV_PATH_MAX;
		reply = fake_do(&srv, req, text, room);
		if (reply.status != PORT_REDIRECT)
			return reply;
		room[(uint32_t)reply.aux] = '\0';
		strcpy(reply.aux >> 32 ? second : first, room);
	}
	reply.status = -ELOOP;
	return reply;
}

static inline int64_t r_open(const char *path, unsigned flags, unsigned mode, uint64_t *handle)
{
	struct port_attr attr;
	struct port_reply reply = by_path((struct port_request){ .op = PORT_OPEN,
						.arg = { flags, mode } }, path, &attr, sizeof(attr));

	*handle = reply.aux;
	/* As in the kernel: the server only checks whether the file may be emptied. */
	if (reply.status == 0 && flags & O_TRUNC && S_ISREG(attr.mode))
		fake_do(&srv, (struct port_request){ .op = PORT_TRUNC, .handle = reply.aux, .uid = uid,
				.gid = gid }, NULL, NULL);
	return reply.status == PORT_CREATED ? 0 : reply.status;
}

static inline void r_close(uint64_t handle)
{
	fake_note(&srv, PORT_NOTE_CLOSE, 0, handle);
}

static inline int64_t r_write(uint64_t handle, const void *buf, uint32_t len, uint64_t pos, unsigned flags)
{
	return fake_do(&srv, (struct port_request){ .op = PORT_WRITE, .handle = handle, .in_len = len,
			.arg = { pos, flags }, .uid = uid, .gid = gid }, buf, NULL).status;
}

static inline int64_t r_read(uint64_t handle, void *buf, uint32_t len, uint64_t pos)
{
	return fake_do(&srv, (struct port_request){ .op = PORT_READ, .handle = handle, .out_len = len,
			.arg = { pos } }, NULL, buf).status;
}

static inline int64_t r_stat(const char *path, bool nofollow, struct port_attr *attr)
{
	return by_path((struct port_request){ .op = PORT_STAT, .arg = { nofollow } }, path, attr,
		       sizeof(*attr)).status;
}

static inline int64_t r_mkdir(const char *path, unsigned mode)
{
	return by_path((struct port_request){ .op = PORT_MKNOD, .arg = { S_IFDIR | mode } }, path,
		       NULL, 0).status;
}

static inline int64_t r_unlink(const char *path, bool dir)
{
	return by_path((struct port_request){ .op = PORT_UNLINK, .arg = { dir } }, path, NULL, 0).status;
}

static inline int64_t r_symlink(const char *target, const char *path)
{
	char text[2 * SRV_PATH_MAX], room[SRV_PATH_MAX], where[SRV_PATH_MAX];
	struct port_request req = { .op = PORT_SYMLINK, .flags = PORT_REQ_PATH, .uid = uid,
				    .gid = gid, .arg = { strlen(target) }, .out_len = SRV_PATH_MAX };
	struct port_reply reply;

	strcpy(where, path);
	for (int round = 0; round <= PORT_REDIRECT_MAX; round++) {
		normalise(where);
		req.in_len = sprintf(text, "%s%s", target, where);
		reply = fake_do(&srv, req, text, room);
		if (reply.status != PORT_REDIRECT)
			return reply.status;
		room[reply.aux] = '\0';
		strcpy(where, room);
	}
	return -ELOOP;
}

static inline int64_t r_readlink(const char *path, char *buf)
{
	int64_t n = by_path((struct port_request){ .op = PORT_READLINK }, path, buf, 256).status;

	buf[n > 0 ? n : 0] = '\0';
	return n;
}

static inline int64_t r_setattr(const char *path, struct port_setattr set)
{
	char text[SRV_PATH_MAX];

	memcpy(text, &set, sizeof(set));
	strcpy(text + sizeof(set), path);
	return fake_do(&srv, (struct port_request){ .op = PORT_SETATTR, .flags = PORT_REQ_PATH, .uid = uid,
			.gid = gid, .in_len = sizeof(set) + strlen(path) }, text, NULL).status;
}

static unsigned long rng;

static inline unsigned pick(unsigned n)
{
	rng = rng * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(rng >> 33) % n;
}

/* The first name in a directory other than "." and "..", as a path; false if there is none. */
static inline bool first_inside(const char *path, char *inner)
{
	uint64_t buf[64], handle;
	struct port_dirent *entry = (struct port_dirent *)buf;
	int64_t n;

	CHECK_EQ(r_open(path, O_RDONLY | O_DIRECTORY, 0, &handle), 0);
	n = fake_do(&srv, (struct port_request){ .op = PORT_READDIR, .handle = handle, .arg = { 2 },
		    .out_len = sizeof(buf) }, NULL, buf).status;
	r_close(handle);
	CHECK(n >= 0);
	if (n)
		sprintf(inner, "%s%s%s", path, *path ? "/" : "", entry->name);
	return n;
}

static inline void empty_tree(const char *path)
{
	char inner[SRV_PATH_MAX];

	while (first_inside(path, inner)) {
		int64_t status = r_unlink(inner, false);

		CHECK(status == 0 || status == -EISDIR);
		if (status == -EISDIR) {
			empty_tree(inner);
			CHECK_EQ(r_unlink(inner, true), 0);
		}
	}
}

#endif
