/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs.c - port messages as a server decodes them: the input chooses requests of clients, with the paths, flags,
 * offsets and handles that programs control. Contents of four files are compared with arrays. Each reply fits the
 * request, and at the end, when all is closed and removed, ramfs has no object and no page more than before.
 *
 * world: host
 * sources: user/servers/ramfs/keep.c user/servers/ramfs/undo.c user/servers/ramfs/heap.c user/servers/ramfs/cred.c
 * sources: user/servers/ramfs/request.c user/servers/ramfs/pages.c user/servers/ramfs/data.c user/servers/ramfs/node.c
 * sources: user/servers/ramfs/dir.c user/servers/ramfs/path.c user/servers/ramfs/ops.c user/servers/ramfs/names.c
 * sources: user/servers/ramfs/cpio.c user/lib/srv.c user/lib/srv_util.c
 * flags: -Iuser/lib -Iuser/servers/ramfs
 * length: 2048
 */
#include <fcntl.h>
#include <stdio.h>
#include "fuzz.h"
#include "ramfs_client.h"

#define FILES	4
#define MOST	(1 << 16)
#define OPEN	16

static struct fuzz_input input;
static uint8_t model[FILES][MOST];
static size_t model_size[FILES];
static uint64_t open_files[OPEN];
static unsigned nr_open;
static char buffer[PORT_IO_MAX];

static unsigned any(unsigned below)
{
	return fuzz_below(&input, below);
}

/* Few names and little depth, so that different operations use the same files. */
static void any_path(char *path)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", ".", "..", "a-longer-name-that-is-not-inline-anywhere" };
	int depth = any(4), used = 0;

	path[0] = '\0';
	for (int i = 0; i < depth; i++)
		used += sprintf(path + used, "%s%s", i ? "/" : "", names[any(8)]);
}

/* ---- four files with known contents ------------------------------------------------------------- */

static void known_write(unsigned i, uint64_t handle)
{
	size_t n, at = any(MOST / 2);
	const uint8_t *bytes = fuzz_bytes(&input, any(64), &n);
	unsigned repeat = 1 + any(64);

	for (unsigned k = 0; k < repeat; k++)
		memcpy(buffer + k * n, bytes, n);
	n *= repeat;
	CHECK_EQ(r_write(handle, buffer, n, at, 0), (int64_t)n);
	if (!n)
		return;
	memcpy(model[i] + at, buffer, n);
	model_size[i] = model_size[i] > at + n ? model_size[i] : at + n;
}

static void known_truncate(unsigned i, uint64_t handle)
{
	size_t size = any(MOST);

	CHECK_EQ(fake_do(&srv, (struct port_request){ .op = PORT_TRUNC, .handle = handle, .arg = { size } }, NULL, NULL).status, 0);
	if (size < model_size[i])
		memset(model[i] + size, 0, model_size[i] - size);
	model_size[i] = size;
}

static void known_read(unsigned i, uint64_t handle)
{
	size_t at = any(MOST), n = any(MOST), want = at < model_size[i] ? model_size[i] - at : 0;

	want = want < n ? want : n;
	CHECK_EQ(r_read(handle, buffer, n, at), (int64_t)want);
	CHECK(!memcmp(buffer, model[i] + at, want));
}

static void known_file(void)
{
	unsigned i = any(FILES);
	char name[2] = { '0' + i };
	uint64_t handle;

	uid = gid = 0;
	CHECK_EQ(r_open(name, O_RDWR | O_CREAT, 0600, &handle), 0);
	switch (any(4)) {
	case 0:
		known_truncate(i, handle);
		break;
	case 1:
		known_read(i, handle);
		break;
	default:
		known_write(i, handle);
		known_read(i, handle);
	}
	r_close(handle);
}

/* ---- any request ---------------------------------------------------------------------------------- */

static void check_listing(const uint8_t *at, int64_t n)
{
	while (n > 0) {
		const struct port_dirent *d = (const void *)at;

		CHECK(n >= (int64_t)sizeof(*d) && d->reclen <= n && d->reclen % 8 == 0 && d->next);
		CHECK(strnlen(d->name, d->reclen - sizeof(*d)) < d->reclen - offsetof(struct port_dirent, name));
		at += d->reclen;
		n -= d->reclen;
	}
}

static void by_handle(void)
{
	static const uint8_t ops[] = { PORT_READ, PORT_WRITE, PORT_READDIR, PORT_STAT, PORT_TRUNC, PORT_SETATTR, PORT_SYNC,
				       PORT_STATFS, PORT_IOCTL };
	struct port_request req = { .op = ops[any(9)], .uid = uid, .gid = gid,
				    .handle = nr_open && any(8) ? open_files[any(nr_open)] : fuzz_number(&input, 8) };
	struct port_reply reply;
	const uint8_t *bytes;
	size_t n;

	req.arg[0] = any(2) ? any(70000) : fuzz_number(&input, 8);
	req.arg[1] = any(4) ? 0 : fuzz_number(&input, 4);
	req.in_len = req.op == PORT_WRITE ? any(9000) : req.op == PORT_SETATTR ? sizeof(struct port_setattr) : 0;
	req.out_len = any(4) ? 4096 : any(PORT_IO_MAX + 1);
	memset(buffer, 0, req.in_len);
	bytes = fuzz_bytes(&input, req.in_len < 48 ? req.in_len : 48, &n);
	memcpy(buffer, bytes, n);
	reply = fake_do(&srv, req, buffer, buffer);
	CHECK(reply.status >= -4095 && reply.status != PORT_REDIRECT);
	if (req.op == PORT_READ || req.op == PORT_READDIR)
		CHECK(reply.status <= req.out_len);
	if (req.op == PORT_WRITE)
		CHECK(reply.status <= req.in_len);
	if (req.op == PORT_READDIR)
		check_listing((const uint8_t *)buffer, reply.status);
}

static void any_open(void)
{
	unsigned flags = any(4) | any(2) * O_CREAT | any(2) * O_EXCL | any(2) * O_TRUNC | any(4) / 3 * O_DIRECTORY | any(2) * O_NOFOLLOW;
	char path[256];
	uint64_t handle;

	any_path(path);
	if (nr_open < OPEN && r_open(path, flags, fuzz_number(&input, 2), &handle) >= 0)
		open_files[nr_open++] = handle;
}

static void by_two_paths(void)
{
	static const uint8_t ops[] = { PORT_RENAME, PORT_LINK };
	char a[256], b[256];

	any_path(a);
	any_path(b);
	if (any(3))
		two_paths(ops[any(2)], a, b, any(4));
	else
		r_symlink(*a ? a : "/", b);
}

static void step(void)
{
	struct port_attr attr;
	char path[256];

	uid = any(4) ? 0 : 7;
	gid = any(4) ? 0 : 7;
	switch (any(10)) {
	case 0:
	case 1:
		return known_file();
	case 2:
	case 3:
		return by_handle();
	case 4:
		return any_open();
	case 5:
		return by_two_paths();
	case 6:
		if (nr_open)
			r_close(open_files[--nr_open]);
		return;
	}
	any_path(path);
	switch (any(5)) {
	case 0:
		r_mkdir(path, fuzz_number(&input, 2) & 07777);
		break;
	case 1:
		r_unlink(path, any(2));
		break;
	case 2:
		r_stat(path, any(2), &attr);
		break;
	case 3:
		r_readlink(path, buffer);
		break;
	case 4:
		r_setattr(path, (struct port_setattr){ .valid = any(64), .mode = fuzz_number(&input, 2), .uid = any(3), .gid = any(3),
						       .mtime_ns = fuzz_number(&input, 8) });
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint64_t nodes, pages;

	if (!srv.name)
		setup();
	input = (struct fuzz_input){ bytes, bytes + size };
	memset(model, 0, sizeof(model));
	memset(model_size, 0, sizeof(model_size));
	nodes = kept->nodes_used;
	pages = file_pages();
	for (int n = 0; fuzz_left(&input) && n < 300; n++)
		step();
	while (nr_open)
		r_close(open_files[--nr_open]);
	uid = gid = 0;
	empty_tree("");
	CHECK_EQ(kept->nodes_used, nodes);
	CHECK_EQ(file_pages(), pages);
	CHECK_EQ(kept->nr_entries, 0);
	return 0;
}
