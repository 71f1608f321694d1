/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpio.c - ramfs reads an initrd that is any bytes. Then the whole tree is listed, each file read and each link
 * followed: all contents lie in the archive. At the end everything is removed, and nothing is left.
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

static char buffer[PORT_IO_MAX];

static void use_file(const char *path)
{
	struct port_attr attr;
	uint64_t handle;

	CHECK_EQ(r_stat(path, true, &attr), 0);
	if (S_ISLNK(attr.mode)) {
		CHECK(by_path((struct port_request){ .op = PORT_READLINK }, path, buffer, SRV_PATH_MAX).status <= (int64_t)attr.size);
		return;
	}
	if (!S_ISREG(attr.mode))
		return;
	CHECK_EQ(r_open(path, O_RDWR, 0, &handle), 0);
	for (uint64_t at = 0; at < attr.size; at += sizeof(buffer))
		CHECK(r_read(handle, buffer, sizeof(buffer), at) > 0);
	/* A write copies a page of the archive. */
	if (attr.size)
		CHECK_EQ(r_write(handle, "x", 1, attr.size / 2, 0), 1);
	r_close(handle);
}

static void use_tree(const char *path, int depth)
{
	uint64_t entries[512], handle;
	char inner[SRV_PATH_MAX];
	int64_t n;

	CHECK_EQ(r_open(path, O_RDONLY | O_DIRECTORY, 0, &handle), 0);
	n = fake_do(&srv, (struct port_request){ .op = PORT_READDIR, .handle = handle, .arg = { 2 }, .out_len = sizeof(entries) },
		    NULL, entries).status;
	r_close(handle);
	for (const uint8_t *at = (const uint8_t *)entries; n > 0 && depth;) {
		const struct port_dirent *entry = (const void *)at;

		snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "/" : "", entry->name);
		if (entry->type == S_IFDIR >> 12)
			use_tree(inner, depth - 1);
		else
			use_file(inner);
		at += entry->reclen;
		n -= entry->reclen;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint64_t nodes;

	if (!srv.name)
		setup();
	nodes = kept->nodes_used;
	CHECK(cpio_load(&srv, bytes, size) >= -4095);
	use_tree("", 8);
	empty_tree("");
	CHECK_EQ(kept->nodes_used, nodes);
	CHECK_EQ(kept->nr_entries, 0);
	CHECK_EQ(file_pages(), 0);
	return 0;
}
