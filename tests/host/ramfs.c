/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs.c - ramfs in cases for which the host's file system is no model (ramfs_model.c): permissions of
 * other users, broken client memory, nonsense requests, damaged archives, no leak of pages.
 *
 * sources: user/servers/ramfs/keep.c user/servers/ramfs/undo.c user/servers/ramfs/heap.c user/servers/ramfs/cred.c user/servers/ramfs/request.c user/servers/ramfs/pages.c user/servers/ramfs/data.c user/servers/ramfs/node.c user/servers/ramfs/dir.c user/servers/ramfs/path.c user/servers/ramfs/ops.c user/servers/ramfs/names.c user/servers/ramfs/cpio.c user/lib/srv.c user/lib/srv_util.c
 * flags: -D_GNU_SOURCE -Iuser/lib -Iuser/servers/ramfs -idirafter include
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <tap.h>
#include "ramfs_client.h"

static char bytes[20000], got[20000];

static void other_users_have_no_access(void)
{
	uint64_t handle;

	setup();
	CHECK_EQ(r_mkdir("d", 0755), 0);
	CHECK_EQ(r_open("d/f", O_RDWR | O_CREAT, 0640, &handle), 0);
	uid = 7;
	gid = 7;
	CHECK_EQ(r_open("d/f", O_RDONLY, 0, &handle), -EACCES);
	CHECK_EQ(r_open("d/g", O_RDWR | O_CREAT, 0600, &handle), -EACCES);
	CHECK_EQ(r_unlink("d/f", false), -EACCES);
	CHECK_EQ(two_paths(PORT_RENAME, "d/f", "d/h", 0).status, -EACCES);
	CHECK_EQ(r_setattr("d/f", (struct port_setattr){ .valid = PORT_SET_MODE, .mode = 0777 }), -EPERM);
	gid = 0;
	CHECK_EQ(r_open("d/f", O_RDONLY, 0, &handle), 0);
	CHECK_EQ(r_open("d/f", O_RDWR, 0, &handle), -EACCES);
	uid = gid = 0;
	CHECK_EQ(r_setattr("d", (struct port_setattr){ .valid = PORT_SET_MODE, .mode = 0700 }), 0);
	uid = 7;
	CHECK_EQ(r_open("d/f", O_RDONLY, 0, &handle), -EACCES);
}

static void sticky_directory_protects_names_of_others(void)
{
	uint64_t handle;

	setup();
	CHECK_EQ(r_mkdir("tmp", 01777), 0);
	uid = 5;
	CHECK_EQ(r_open("tmp/mine", O_RDWR | O_CREAT, 0600, &handle), 0);
	uid = 6;
	CHECK_EQ(r_unlink("tmp/mine", false), -EPERM);
	CHECK_EQ(two_paths(PORT_RENAME, "tmp/mine", "tmp/x", 0).status, -EPERM);
	CHECK_EQ(r_open("tmp/other", O_RDWR | O_CREAT, 0600, &handle), 0);
	CHECK_EQ(two_paths(PORT_RENAME, "tmp/other", "tmp/mine", 0).status, -EPERM);
	uid = 5;
	CHECK_EQ(r_unlink("tmp/mine", false), 0);
}

static void only_owner_and_root_change_attributes(void)
{
	struct port_attr attr;
	uint64_t handle;

	setup();
	uid = gid = 3;
	CHECK_EQ(r_open("f", O_RDWR | O_CREAT, 0666, &handle), 0);
	CHECK_EQ(r_setattr("f", (struct port_setattr){ .valid = PORT_SET_UID, .uid = 4 }), -EPERM);
	CHECK_EQ(r_setattr("f", (struct port_setattr){ .valid = PORT_SET_MODE, .mode = 04711 }), 0);
	uid = 4;
	CHECK_EQ(r_setattr("f", (struct port_setattr){ .valid = PORT_SET_MTIME, .mtime_ns = 1 }), -EPERM);
	uid = 0;
	CHECK_EQ(r_setattr("f", (struct port_setattr){ .valid = PORT_SET_UID | PORT_SET_MTIME, .uid = 4,
						       .mtime_ns = 123 }), 0);
	CHECK_EQ(r_stat("f", false, &attr), 0);
	CHECK_EQ(attr.uid, 4);
	CHECK_EQ(attr.mtime_ns, 123);
	CHECK_EQ(attr.mode & 07777, 0711);	/* a new owner gets no set-uid program */
	CHECK_EQ(r_setattr("f", (struct port_setattr){ .valid = PORT_SET_MODE, .mode = 0662 }), 0);
	uid = 9;
	CHECK_EQ(r_setattr("f", (struct port_setattr){ .mtime_ns = 5, .valid = PORT_SET_MTIME |
						       PORT_SET_NOW }), 0);
}

static void broken_client_memory_leaves_no_trace(void)
{
	uint64_t handle;
	struct fake_call *call;
	char zeros[8192] = { 0 };

	setup();
	CHECK_EQ(r_open("f", O_RDWR | O_CREAT, 0600, &handle), 0);
	memset(bytes, 'x', sizeof(bytes));
	CHECK_EQ(r_write(handle, bytes, 100, 0, 0), 100);
	call = fake_begin(&srv, (struct port_request){ .op = PORT_WRITE, .handle = handle,
			.in_len = 9000, .arg = { 100 } }, bytes, NULL, true);
	CHECK_EQ(fake_end(call).status, -EFAULT);
	/* When the file grows, zeros appear, and not the bytes of the failed write. */
	CHECK_EQ(fake_do(&srv, (struct port_request){ .op = PORT_TRUNC, .handle = handle,
			.arg = { 8292 } }, NULL, NULL).status, 0);
	CHECK_EQ(r_read(handle, got, 8192, 100), 8192);
	CHECK(memcmp(got, zeros, 8192) == 0);
	CHECK_EQ(file_pages(), 1);
}

static void no_request_can_confuse_the_server(void)
{
	static char junk[PORT_IO_MAX], room[PORT_IO_MAX];
	uint64_t handle;

	setup();
	rng = tap_seed();
	CHECK_EQ(r_open("f", O_RDWR | O_CREAT, 0600, &handle), 0);
	for (int i = 0; i < 100000; i++) {
		struct port_request req = {
			.op = pick(40), .flags = pick(2), .uid = pick(2), .gid = pick(2),
			.handle = pick(3) ? handle : pick(3) ? ~0ull : rng,
			.arg = { pick(2) ? pick(5000) : rng, pick(2) ? pick(5000) : rng,
				 rng, rng },
			.in_len = pick(3) ? pick(60) : pick(PORT_IO_MAX),
			.out_len = pick(3) ? pick(200) : pick(PORT_IO_MAX),
		};

		for (unsigned j = 0; j < 64; j++)
			junk[pick(sizeof(junk))] = pick(3) ? "/a.b\0"[pick(5)] : (char)pick(256);
		if (i % 64 == 0)
			memset(junk, '/', 4096);
		if (req.op == PORT_WRITE && req.arg[0] > 1000000)
			req.arg[0] %= 1000000;
		fake_end(fake_begin(&srv, req, junk, room, pick(8) == 0));
	}
}

static void append_member(char **at, const char *name, unsigned mode, const char *data)
{
	unsigned len = strlen(data), used;

	used = sprintf(*at, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, mode, 0,
		       0, 1, 7, len, 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0);
	memcpy(*at + used, name, strlen(name) + 1);
	used = (used + strlen(name) + 1 + 3) & ~3u;
	memcpy(*at + used, data, len);
	*at += (used + len + 3) & ~3u;
}

static char archive[8192];

static size_t make_archive(void)
{
	char *at = archive;

	memset(archive, 0, sizeof(archive));
	append_member(&at, "etc", S_IFDIR | 0755, "");
	append_member(&at, "etc/motd", S_IFREG | 0644, "welcome");
	append_member(&at, "./bin", S_IFDIR | 0755, "");
	append_member(&at, "bin/busybox", S_IFREG | 0755, "ELF");
	append_member(&at, "bin/ls", S_IFLNK | 0777, "busybox");
	append_member(&at, "usr", S_IFDIR | 0755, "");
	append_member(&at, "usr/bin", S_IFLNK | 0777, "../bin");
	append_member(&at, "TRAILER!!!", 0, "");
	return at - archive;
}

static void initrd_files_can_be_read_and_written(void)
{
	struct port_attr attr;
	uint64_t handle;

	setup();
	CHECK_EQ(cpio_load(&srv, (uint8_t *)archive, make_archive()), 7);
	CHECK_EQ(r_open("etc/motd", O_RDWR, 0, &handle), 0);
	CHECK_EQ(r_read(handle, got, 100, 0), 7);
	CHECK(memcmp(got, "welcome", 7) == 0);
	CHECK_EQ(file_pages(), 0);
	CHECK_EQ(r_write(handle, "W", 1, 0, 0), 1);
	CHECK_EQ(r_write(handle, "!", 1, 9, 0), 1);
	CHECK_EQ(r_read(handle, got, 100, 0), 10);
	CHECK(memcmp(got, "Welcome\0\0!", 10) == 0);
	CHECK(memmem(archive, sizeof(archive), "welcome", 7) != NULL);	/* the archive has not changed */
	CHECK_EQ(r_stat("bin/ls", false, &attr), 0);
	CHECK_EQ(attr.size, 3);
	CHECK_EQ(r_stat("usr/bin/ls", false, &attr), 0);
	CHECK_EQ(attr.size, 3);
	CHECK_EQ(attr.mtime_ns, 7000000000);
}

static void links_in_the_same_directory_need_no_redirect(void)
{
	struct port_attr attr;

	setup();
	CHECK_EQ(cpio_load(&srv, (uint8_t *)archive, make_archive()), 7);
	redirect_to[0] = '\0';
	CHECK_EQ(r_stat("bin/ls", false, &attr), 0);
	CHECK_STR(redirect_to, "");
	CHECK_EQ(r_stat("usr/bin/ls", false, &attr), 0);
	CHECK_STR(redirect_to, "usr/../bin/ls");
	CHECK_EQ(r_symlink("/proc/self/mounts", "etc/mtab"), 0);
	CHECK_EQ(r_stat("etc/mtab", false, &attr), -ENOENT);
	CHECK_STR(redirect_to, "/proc/self/mounts");
	CHECK_EQ(r_symlink("b", "a"), 0);
	CHECK_EQ(r_symlink("a", "b"), 0);
	CHECK_EQ(r_stat("a", false, &attr), -ELOOP);
}

static void damaged_archives_are_refused(void)
{
	size_t size = make_archive();
	char good[sizeof(archive)];
	uint8_t *copy;

	memcpy(good, archive, sizeof(archive));
	rng = tap_seed();
	for (int i = 0; i < 20000; i++) {
		size_t cut = pick(2) ? size : pick(size);

		setup();
		memcpy(archive, good, size);
		for (unsigned j = pick(4); j; j--)
			archive[pick(size)] = pick(2) ? "0f\0/"[pick(4)] : (char)pick(256);
		/* The copy has exactly its stated length, so that a read behind it is noticed. */
		copy = malloc(cut ? cut : 1);
		memcpy(copy, archive, cut);
		cpio_load(&srv, copy, cut);
		empty_tree("");
		node_release((kept->root->nlink = 0, kept->root));
		nodes_reap(&srv);
		free(copy);
	}
	CHECK_EQ(kept->nodes_used, 0);
	setup();
	CHECK_EQ(cpio_load(&srv, (uint8_t *)good, size - 100), -EINVAL);
}

static void rename_refuses_impossible_moves(void)
{
	uint64_t handle;

	setup();
	CHECK_EQ(r_mkdir("d", 0755), 0);
	CHECK_EQ(r_mkdir("d/e", 0755), 0);
	CHECK_EQ(two_paths(PORT_RENAME, "d", "d/e/f", 0).status, -EINVAL);
	CHECK_EQ(two_paths(PORT_RENAME, "d", "d", 0).status, 0);
	CHECK_EQ(two_paths(PORT_RENAME, "", "x", 0).status, -EBUSY);
	CHECK_EQ(r_unlink("", true), -EBUSY);
	CHECK_EQ(r_open("f", O_RDWR | O_CREAT, 0600, &handle), 0);
	CHECK_EQ(two_paths(PORT_RENAME, "f", "d", 0).status, -EISDIR);
	CHECK_EQ(two_paths(PORT_RENAME, "d", "f", 0).status, -ENOTDIR);
	CHECK_EQ(two_paths(PORT_RENAME, "f", "f2", RENAME_NOREPLACE).status, 0);
	CHECK_EQ(two_paths(PORT_RENAME, "d/e", "f2", RENAME_NOREPLACE).status, -EEXIST);
}

int main(void)
{
	TAP_TEST(other_users_have_no_access);
	TAP_TEST(sticky_directory_protects_names_of_others);
	TAP_TEST(only_owner_and_root_change_attributes);
	TAP_TEST(rename_refuses_impossible_moves);
	TAP_TEST(broken_client_memory_leaves_no_trace);
	TAP_TEST(no_request_can_confuse_the_server);
	TAP_TEST(initrd_files_can_be_read_and_written);
	TAP_TEST(links_in_the_same_directory_need_no_redirect);
	TAP_TEST(damaged_archives_are_refused);
	return tap_done();
}
