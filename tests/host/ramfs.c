/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs against the file system of the host: the same random operations go to both, and each
 * result, errno, content and listing must agree.  Then what the host cannot show: permissions of
 * other users, broken client memory, nonsense requests, damaged archives, no leak of pages.
 *
 * sources: user/servers/ramfs/keep.c user/servers/ramfs/undo.c user/servers/ramfs/heap.c user/servers/ramfs/request.c user/servers/ramfs/pages.c user/servers/ramfs/data.c user/servers/ramfs/node.c user/servers/ramfs/dir.c user/servers/ramfs/path.c user/servers/ramfs/ops.c user/servers/ramfs/names.c user/servers/ramfs/cpio.c user/lib/srv.c user/lib/srv_util.c
 * flags: -D_GNU_SOURCE -Iuser/lib -Iuser/servers/ramfs -idirafter include
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <tap.h>
#include "fake_port.h"
#include "ramfs.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

static struct srv srv;
static unsigned uid, gid;
static char redirect_to[SRV_PATH_MAX];

static void setup(void)
{
	struct cred super = { 0, 0 };

	srv.name = "ramfs";
	srv_start(&srv, 0, 1);
	requests_register(&srv);
	if (!fake_memory_size)
		CHECK_EQ(keep_open(&srv, 64 << 20), 0);
	kept->root = node_create(S_IFDIR | 0777, super);
	kept->root->nlink++;
	keep_begin(&srv);
}

/* Pages of file contents. */
static uint64_t file_pages(void)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < kept->table_room; i++)
		if (kept->table[i] && S_ISREG(kept->table[i]->mode))
			count += kept->table[i]->file.used;
	return count;
}

/* Lexical normalisation as the kernel does it, without slashes at the ends. */
static void normalise(char *path)
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

/* A path request with redirects followed, as the kernel does. */
static struct port_reply by_path(struct port_request req, const char *path, void *out,
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

static struct port_reply two_paths(uint16_t op, const char *a, const char *b, uint64_t flags)
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

static int64_t r_open(const char *path, unsigned flags, unsigned mode, uint64_t *handle)
{
	struct port_attr attr;
	struct port_reply reply = by_path((struct port_request){ .op = PORT_OPEN,
						.arg = { flags, mode } }, path, &attr, sizeof(attr));

	*handle = reply.aux;
	return reply.status;
}

static void r_close(uint64_t handle)
{
	fake_note(&srv, PORT_NOTE_CLOSE, 0, handle);
}

static int64_t r_write(uint64_t handle, const void *buf, uint32_t len, uint64_t pos, unsigned flags)
{
	return fake_do(&srv, (struct port_request){ .op = PORT_WRITE, .handle = handle, .in_len = len,
			.arg = { pos, flags }, .uid = uid, .gid = gid }, buf, NULL).status;
}

static int64_t r_read(uint64_t handle, void *buf, uint32_t len, uint64_t pos)
{
	return fake_do(&srv, (struct port_request){ .op = PORT_READ, .handle = handle, .out_len = len,
			.arg = { pos } }, NULL, buf).status;
}

static int64_t r_stat(const char *path, bool nofollow, struct port_attr *attr)
{
	return by_path((struct port_request){ .op = PORT_STAT, .arg = { nofollow } }, path, attr,
		       sizeof(*attr)).status;
}

static int64_t r_mkdir(const char *path, unsigned mode)
{
	return by_path((struct port_request){ .op = PORT_MKNOD, .arg = { S_IFDIR | mode } }, path,
		       NULL, 0).status;
}

static int64_t r_unlink(const char *path, bool dir)
{
	return by_path((struct port_request){ .op = PORT_UNLINK, .arg = { dir } }, path, NULL, 0).status;
}

static int64_t r_symlink(const char *target, const char *path)
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

static int64_t r_readlink(const char *path, char *buf)
{
	int64_t n = by_path((struct port_request){ .op = PORT_READLINK }, path, buf, 256).status;

	buf[n > 0 ? n : 0] = '\0';
	return n;
}

static int64_t r_setattr(const char *path, struct port_setattr set)
{
	char text[SRV_PATH_MAX];

	memcpy(text, &set, sizeof(set));
	strcpy(text + sizeof(set), path);
	return fake_do(&srv, (struct port_request){ .op = PORT_SETATTR, .flags = PORT_REQ_PATH, .uid = uid,
			.gid = gid, .in_len = sizeof(set) + strlen(path) }, text, NULL).status;
}

/* ---- the model: the host's own file system ------------------------------------------------------ */

static char model_dir[] = "/tmp/ramfs-model-XXXXXX";
static unsigned long rng;

static unsigned pick(unsigned n)
{
	rng = rng * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(rng >> 33) % n;
}

/* Few names and little depth, so that operations meet. */
static void random_path(char *path)
{
	int depth = 1 + pick(3), used = 0;

	for (int i = 0; i < depth; i++)
		used += sprintf(path + used, "%s%c", i ? "/" : "", 'a' + pick(5));
}

static long result(long rc)
{
	return rc < 0 ? -errno : rc;
}

static void same(const char *what, const char *path, int64_t ours, int64_t theirs)
{
	if (ours != theirs)
		CHECK_FAIL("%s %s: ramfs %lld, host %lld", what, path, (long long)ours,
			   (long long)theirs);
}

#define BIG 20000
static char bytes[BIG], got[BIG], wanted[BIG];

static void compare_contents(const char *path, uint64_t handle, int fd)
{
	uint64_t pos = pick(60000);
	unsigned len = pick(BIG);
	int64_t n = r_read(handle, got, len, pos);

	same("read", path, n, result(pread(fd, wanted, len, pos)));
	if (n > 0 && memcmp(got, wanted, n))
		CHECK_FAIL("%s: contents differ at %llu", path, (unsigned long long)pos);
}

static void try_file(const char *path)
{
	static const int modes[] = { O_RDWR, O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_EXCL, O_RDONLY,
				     O_RDWR | O_TRUNC, O_RDWR | O_CREAT | O_NOFOLLOW,
				     O_RDONLY | O_DIRECTORY, O_RDWR | O_APPEND };
	int flags = modes[pick(8)], fd = open(path, flags, 0644);
	uint64_t handle, pos = pick(50000), size;
	unsigned len = pick(3) ? pick(200) : pick(BIG);
	struct stat st;

	same("open", path, r_open(path, flags, 0644, &handle), fd < 0 ? -errno : 0);
	if (fd < 0)
		return;
	if ((flags & O_ACCMODE) == O_RDWR) {
		for (unsigned i = 0; i < len; i++)
			bytes[i] = pick(256);
		same("write", path, r_write(handle, bytes, len, pos, flags),
		     result(pwrite(fd, bytes, len, pos)));
		if (pick(3) == 0) {
			size = pick(60000);
			same("truncate", path, fake_do(&srv, (struct port_request){
				.op = PORT_TRUNC, .handle = handle, .arg = { size } },
				NULL, NULL).status, result(ftruncate(fd, size)));
		}
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		compare_contents(path, handle, fd);
	if (pick(2)) {
		/* The name goes, the open file stays. */
		same("unlink", path, r_unlink(path, false), result(unlink(path)));
		if (S_ISREG(st.st_mode))
			compare_contents(path, handle, fd);
	}
	close(fd);
	r_close(handle);
}

static void try_names(const char *a, const char *b)
{
	char ours[256], theirs[256] = "";
	const char *target = strrchr(a, '/') ? strrchr(a, '/') + 1 : a;
	long n;

	switch (pick(8)) {
	case 0:
	case 1:
		same("mkdir", a, r_mkdir(a, 0755), result(mkdir(a, 0755)));
		break;
	case 2:
		same("rmdir", a, r_unlink(a, true), result(rmdir(a)));
		break;
	case 3:
		same("rename", a, two_paths(PORT_RENAME, a, b, 0).status, result(rename(a, b)));
		break;
	case 4:
		same("link", a, two_paths(PORT_LINK, a, b, 0).status, result(link(a, b)));
		break;
	case 5:
		same("symlink", b, r_symlink(target, b), result(symlink(target, b)));
		break;
	case 6:
		n = result(readlink(a, theirs, sizeof(theirs) - 1));
		same("readlink", a, r_readlink(a, ours), n);
		if (n > 0)
			CHECK_STR(ours, theirs);
		break;
	case 7:
		same("unlink", a, r_unlink(a, false), result(unlink(a)));
		break;
	}
}

static void compare_stat(const char *path)
{
	bool nofollow = pick(2);
	struct port_attr attr;
	struct stat st;
	long rc = result(nofollow ? lstat(path, &st) : stat(path, &st));

	same("stat", path, r_stat(path, nofollow, &attr), rc);
	if (rc < 0)
		return;
	CHECK_EQ(attr.mode & S_IFMT, st.st_mode & S_IFMT);
	if (S_ISDIR(st.st_mode))
		return;
	CHECK_EQ(attr.nlink, st.st_nlink);
	CHECK_EQ(attr.size, st.st_size);
}

/* Names of a directory as a sorted string, "" if it cannot be read. */
static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_names(char *text)
{
	char copy[8192], *words[64], *save, *word;
	int n = 0;

	strcpy(copy, text);
	for (word = strtok_r(copy, " ", &save); word && n < 64; word = strtok_r(NULL, " ", &save))
		words[n++] = word;
	qsort(words, n, sizeof(*words), compare_text);
	*text = '\0';
	for (int i = 0; i < n; i++)
		strcat(strcat(text, words[i]), " ");
}

static void our_names(const char *path, char *text)
{
	char buf[128] __attribute__((aligned(8)));
	uint64_t handle, cookie = 0;
	int64_t n;

	*text = '\0';
	if (r_open(path, O_RDONLY | O_DIRECTORY, 0, &handle) < 0)
		return;
	while ((n = fake_do(&srv, (struct port_request){ .op = PORT_READDIR, .handle = handle,
			.arg = { cookie }, .out_len = sizeof(buf) }, NULL, buf).status) > 0) {
		for (int64_t at = 0; at < n;) {
			struct port_dirent *entry = (struct port_dirent *)(buf + at);

			strcat(strcat(text, entry->name), " ");
			cookie = entry->next;
			at += entry->reclen;
		}
	}
	CHECK_EQ(n, 0);
	r_close(handle);
	sort_names(text);
}

static void compare_listing(const char *path)
{
	char ours[4096], theirs[4096] = "";
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		strcat(strcat(theirs, entry->d_name), " ");
	if (dir)
		closedir(dir);
	sort_names(theirs);
	our_names(path, ours);
	CHECK_STR(ours, theirs);
}

/* The first name in a directory but "." and "..", as a path; false if there is none. */
static bool first_inside(const char *path, char *inner)
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

static void empty_tree(const char *path)
{
	char inner[SRV_PATH_MAX];

	while (first_inside(path, inner)) {
		if (r_unlink(inner, false) == -EISDIR) {
			empty_tree(inner);
			CHECK_EQ(r_unlink(inner, true), 0);
		}
	}
}

static void behaves_like_the_host_file_system(void)
{
	char a[64], b[64], command[128];

	setup();
	rng = tap_seed();
	CHECK(mkdtemp(model_dir) != NULL);
	CHECK_EQ(chdir(model_dir), 0);
	umask(0);
	for (int i = 0; i < 60000; i++) {
		random_path(a);
		random_path(b);
		if (pick(3))
			try_names(a, b);
		else
			try_file(a);
		compare_stat(a);
		if (pick(10) == 0)
			compare_listing(pick(4) ? a : ".");
	}
	empty_tree("");
	CHECK_EQ(kept->nodes_used, 1);
	CHECK_EQ(file_pages(), 0);
	/* The root, its list, the table of nodes, the hash table. */
	CHECK_EQ(kept->objects, 4);
	CHECK_EQ(kept->root->nlink, 2);
	snprintf(command, sizeof(command), "rm -rf %s", model_dir);
	CHECK_EQ(system(command), 0);
}

/* ---- what the host cannot show -------------------------------------------------------------------- */

static void other_users_are_kept_out(void)
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
	/* Growing the file shows zeros, not what the failed write left. */
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
	CHECK(memmem(archive, sizeof(archive), "welcome", 7) != NULL);	/* the archive is untouched */
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
		/* Exactly as long as it says, so that a byte read behind it is noticed. */
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

static void rename_refuses_what_it_must(void)
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
	TAP_TEST(behaves_like_the_host_file_system);
	TAP_TEST(other_users_are_kept_out);
	TAP_TEST(sticky_directory_protects_names_of_others);
	TAP_TEST(only_owner_and_root_change_attributes);
	TAP_TEST(rename_refuses_what_it_must);
	TAP_TEST(broken_client_memory_leaves_no_trace);
	TAP_TEST(no_request_can_confuse_the_server);
	TAP_TEST(initrd_files_can_be_read_and_written);
	TAP_TEST(links_in_the_same_directory_need_no_redirect);
	TAP_TEST(damaged_archives_are_refused);
	return tap_done();
}
