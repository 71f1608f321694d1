/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs_model.c - ramfs against the file system of the host: the same random operations go to both, and each
 * result, errno, content and listing must agree.
 *
 * sources: user/servers/ramfs/keep.c user/servers/ramfs/undo.c user/servers/ramfs/heap.c user/servers/ramfs/cred.c user/servers/ramfs/request.c user/servers/ramfs/pages.c user/servers/ramfs/data.c user/servers/ramfs/node.c user/servers/ramfs/dir.c user/servers/ramfs/path.c user/servers/ramfs/ops.c user/servers/ramfs/names.c user/servers/ramfs/cpio.c user/lib/srv.c user/lib/srv_util.c
 * flags: -D_GNU_SOURCE -Iuser/lib -Iuser/servers/ramfs -idirafter include
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <tap.h>
#include "ramfs_client.h"

static char model_dir[] = "/tmp/ramfs-model-XXXXXX";

/* Few names and little depth, so that different operations use the same files. */
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
		/* The name disappears, the open file stays. */
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

/* The names of a directory as a sorted string; "" if the directory cannot be read. */
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
	/* Four objects are left: the root, its list, the table of nodes, the hash table. */
	CHECK_EQ(kept->objects, 4);
	CHECK_EQ(kept->root->nlink, 2);
	snprintf(command, sizeof(command), "rm -rf %s", model_dir);
	CHECK_EQ(system(command), 0);
}

int main(void)
{
	TAP_TEST(behaves_like_the_host_file_system);
	return tap_done();
}
