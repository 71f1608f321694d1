/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * paths.c - names of files: the walk of a path, links, renaming, directories, the root of a
 * process. The suite must also pass on Linux; a run on Linux tests the suite itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "scratch.h"
#include "tap.h"

static void paths_are_normalised(void)
{
	char buf[PATH_MAX];

	enter_empty_directory();
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("a/b", 0755), 0);
	close(make_file("a//b/../b/./c", "deep"));
	expect_contents("./a/b/c", "deep");
	expect_contents("/../..//tmp/../tmp/../../tmp/../proc/self/cwd/a/b/c", "deep");
	CHECK_EQ(chdir("a/b/.."), 0);
	snprintf(buf, sizeof(buf), "%s/a", scratch_dir);
	char cwd[PATH_MAX];
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, buf);
	CHECK_ERR(syscall(SYS_getcwd, cwd, 3), ERANGE);
	CHECK_EQ(chdir("../../.."), 0);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/");
}

static void bad_paths_have_their_errors(void)
{
	static char name[5000];

	enter_empty_directory();
	close(make_file("file", ""));
	CHECK_ERR(open("", O_RDONLY), ENOENT);
	CHECK_ERR(open("none", O_RDONLY), ENOENT);
	CHECK_ERR(open("none/x", O_RDWR | O_CREAT, 0644), ENOENT);
	CHECK_ERR(open("file/x", O_RDONLY), ENOTDIR);
	CHECK_ERR(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERR(open(".", O_WRONLY), EISDIR);
	CHECK_ERR(open("file", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST);
	CHECK_ERR(chdir("file"), ENOTDIR);
	CHECK_ERR(mkdir("file", 0755), EEXIST);
	CHECK_ERR(rmdir("file"), ENOTDIR);
	CHECK_ERR(unlink("none"), ENOENT);
	memset(name, 'n', sizeof(name) - 1);
	CHECK_ERR(open(name, O_RDONLY), ENAMETOOLONG);
	name[300] = '\0';
	CHECK_ERR(open(name, O_RDONLY | O_CREAT, 0644), ENAMETOOLONG);
	CHECK_ERR(openat(77, "file", O_RDONLY), EBADF);
	int fd = open("file", O_RDONLY);
	CHECK_ERR(openat(fd, "x", O_RDONLY), ENOTDIR);
}

static void at_calls_count_from_their_directory(void)
{
	struct stat st;
	int d;

	enter_empty_directory();
	CHECK_EQ(mkdir("sub", 0755), 0);
	d = open("sub", O_RDONLY | O_DIRECTORY);
	CHECK(d >= 0);
	CHECK_EQ(mkdirat(d, "deeper", 0700), 0);
	CHECK_EQ(close(openat(d, "deeper/f", O_CREAT | O_WRONLY, 0644)), 0);
	CHECK_EQ(fstatat(d, "deeper/f", &st, 0), 0);
	CHECK_EQ(fstatat(d, "", &st, AT_EMPTY_PATH), 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK_EQ(faccessat(d, "deeper/f", R_OK, 0), 0);
	CHECK_EQ(renameat(d, "deeper/f", AT_FDCWD, "g"), 0);
	CHECK_EQ(access("g", F_OK), 0);
	CHECK_ERR(unlinkat(d, "deeper", 0), EISDIR);
	CHECK_EQ(unlinkat(d, "deeper", AT_REMOVEDIR), 0);
	CHECK_EQ(fchdir(d), 0);
	CHECK_EQ(access("../g", F_OK), 0);
}

static void symbolic_links_are_followed(void)
{
	char buf[80];
	struct stat st;
	int fd;

	enter_empty_directory();
	close(make_file("real", "contents"));
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(symlink("../real", "d/link"), 0);
	CHECK_EQ(symlink("d/link", "second"), 0);
	snprintf(buf, sizeof(buf), "%s/real", scratch_dir);
	CHECK_EQ(symlink(buf, "absolute"), 0);
	expect_contents("d/link", "contents");
	expect_contents("second", "contents");
	expect_contents("absolute", "contents");
	CHECK_EQ(readlink("d/link", buf, sizeof(buf)), 7);
	CHECK_EQ(readlink("d/link", buf, 3), 3);
	CHECK(!memcmp(buf, "../", 3));
	CHECK_ERR(readlink("real", buf, sizeof(buf)), EINVAL);
	CHECK_EQ(lstat("second", &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(stat("second", &st), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_ERR(open("second", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERR(open("second", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST);
	CHECK_EQ(symlink("nowhere", "dangling"), 0);
	CHECK_ERR(open("dangling", O_RDONLY), ENOENT);
	fd = open("dangling", O_RDWR | O_CREAT, 0644);
	CHECK(fd >= 0);
	CHECK_EQ(access("nowhere", F_OK), 0);
	CHECK_EQ(symlink("d", "to-d"), 0);
	CHECK_EQ(lstat("to-d", &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(lstat("to-d/", &st), 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK_EQ(lstat("to-d/.", &st), 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK_ERR(stat("real/", &st), ENOTDIR);
	CHECK_ERR(open("real/", O_RDONLY), ENOTDIR);
	CHECK_EQ(symlink("loop", "loop"), 0);
	CHECK_ERR(open("loop", O_RDONLY), ELOOP);
	CHECK_EQ(unlink("second"), 0);
	expect_contents("real", "contents");
}

static void symbolic_links_lead_across_mounts(void)
{
	char buf[8];
	int fd;

	enter_empty_directory();
	CHECK_EQ(symlink("/dev/zero", "zero"), 0);
	CHECK_EQ(symlink("/dev", "devices"), 0);
	fd = open("zero", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, buf, 8), 8);
	CHECK_EQ(buf[0], 0);
	CHECK_EQ(access("devices/null", R_OK), 0);
	CHECK_EQ(chdir("devices"), 0);
	CHECK_EQ(access("null", R_OK), 0);
}

static void rename_link_unlink(void)
{
	struct stat st;
	int fd;

	enter_empty_directory();
	close(make_file("a", "A"));
	close(make_file("b", "B"));
	CHECK_EQ(rename("a", "b"), 0);
	expect_contents("b", "A");
	CHECK_ERR(rename("a", "c"), ENOENT);
	CHECK_EQ(link("b", "c"), 0);
	CHECK_EQ(stat("c", &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	fd = open("c", O_RDONLY);
	CHECK_EQ(unlink("b"), 0);
	CHECK_EQ(unlink("c"), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	char c;
	CHECK_EQ(read(fd, &c, 1), 1);	/* an unlinked file lives while it is open */
	CHECK_EQ(c, 'A');
	CHECK_EQ(mkdir("d", 0755), 0);
	close(make_file("d/x", ""));
	CHECK_ERR(rmdir("d"), ENOTEMPTY);
	CHECK_ERR(rename("/dev/null", "null"), EXDEV);
	CHECK_ERR(link("/dev/null", "null"), EXDEV);
}

static int count_entries(const char *path, const char *wanted)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0, found = 0;

	CHECK(d);
	while ((e = readdir(d))) {
		n++;
		found += !strcmp(e->d_name, wanted);
	}
	closedir(d);
	CHECK_EQ(found, 1);
	return n;
}

static void directories_list_each_entry_once(void)
{
	char name[32];

	enter_empty_directory();
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "entry-%d", i);
		close(make_file(name, ""));
	}
	CHECK_EQ(count_entries(".", "entry-250"), 502);
	CHECK_EQ(count_entries(".", ".."), 502);
	CHECK(count_entries("/dev", "null") > 5);
	int fd = open("entry-1", O_RDONLY);
	CHECK_ERR(syscall(SYS_getdents64, fd, name, sizeof(name)), ENOTDIR);
	fd = open(".", O_RDONLY);
	CHECK_ERR(syscall(SYS_getdents64, fd, name, 8), EINVAL);
	CHECK_ERR(read(fd, name, 8), EISDIR);
}

static void chroot_hides_the_rest(void)
{
	char cwd[100];

	enter_empty_directory();
	CHECK_EQ(mkdir("jail", 0755), 0);
	close(make_file("jail/inside", "in"));
	CHECK_EQ(symlink("/inside", "jail/link"), 0);
	CHECK_EQ(chroot("jail"), 0);
	CHECK_EQ(chdir("/"), 0);
	expect_contents("/inside", "in");
	expect_contents("/../../link", "in");
	CHECK_ERR(open("/dev/null", O_RDONLY), ENOENT);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/");
}

/* ---- links of /proc inside a chroot -------------------------------------------------------- */

/* Checks where a link below /proc leads. @proc is a descriptor of /proc from before the chroot. */
static void expect_link(int proc, const char *name, const char *want)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(proc, name, to, sizeof(to) - 1);

	CHECK(n > 0);
	to[n] = '\0';
	CHECK_STR(to, want);
}

static void expect_opens(int proc, const char *name, const char *text)
{
	char buf[32] = "";
	int fd = openat(proc, name, O_RDONLY);

	CHECK(fd >= 0);
	CHECK_EQ(read(fd, buf, sizeof(buf) - 1), strlen(text));
	CHECK_STR(buf, text);
	close(fd);
}

static const char *fd_link(int fd, const char *rest)
{
	static char name[64];

	snprintf(name, sizeof(name), "self/fd/%d%s", fd, rest);
	return name;
}

/* Makes a jail with a folder and two files, and one file outside; the program is in the jail when this returns. */
static int enter_jail(int *in, int *out, int *dir)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY);

	enter_empty_directory();
	CHECK_EQ(mkdir("jail", 0755) | mkdir("jail/sub", 0755), 0);
	*in = make_file("jail/inside", "in");
	*out = make_file("outside", "out");
	close(make_file("jail/sub/deep", "deep"));
	*dir = open("jail/sub", O_RDONLY | O_DIRECTORY);
	CHECK_EQ(chroot("jail"), 0);
	CHECK(proc >= 0 && *dir >= 0);
	return proc;
}

static void links_of_proc_show_what_the_caller_sees(void)
{
	char want[PATH_MAX], cwd[PATH_MAX];
	int in, out, dir, proc = enter_jail(&in, &out, &dir);

	expect_link(proc, fd_link(in, ""), "/inside");
	expect_link(proc, fd_link(dir, ""), "/sub");
	expect_link(proc, "self/root", "/");
	snprintf(want, sizeof(want), "%s/outside", scratch_dir);
	expect_link(proc, fd_link(out, ""), want);
	expect_link(proc, "self/cwd", scratch_dir);
	snprintf(want, sizeof(want), "(unreachable)%s", scratch_dir);
	CHECK_EQ(syscall(SYS_getcwd, cwd, sizeof(cwd)), strlen(want) + 1);
	CHECK_STR(cwd, want);
	CHECK_EQ(chdir("/sub"), 0);
	expect_link(proc, "self/cwd", "/sub");
	CHECK_EQ(syscall(SYS_getcwd, cwd, sizeof(cwd)), 5);
	CHECK_STR(cwd, "/sub");
}

static void links_of_proc_lead_where_they_point(void)
{
	int in, out, dir, proc = enter_jail(&in, &out, &dir);
	struct stat st;

	expect_opens(proc, fd_link(in, ""), "in");
	expect_opens(proc, fd_link(out, ""), "out");
	expect_opens(proc, fd_link(dir, "/deep"), "deep");
	expect_opens(proc, "self/root/inside", "in");
	expect_opens(proc, "self/cwd/outside", "out");
	expect_opens(proc, "self/cwd/jail/sub/deep", "deep");
	expect_opens(proc, "thread-self/cwd/outside", "out");
	CHECK_EQ(fstatat(proc, "self/exe", &st, 0), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_ERR(fstatat(proc, fd_link(in, "/"), &st, 0), ENOTDIR);
	CHECK_ERR(fstatat(proc, "self/exe/x", &st, 0), ENOTDIR);
	CHECK_EQ(fstatat(proc, "self/root/", &st, 0), 0);
	int pipes[2];

	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(fstatat(proc, fd_link(pipes[0], "/x"), &st, 0), ENOTDIR);
}

/* Looks at the jail from outside, and at the names of files in the kernel's files inside. */
static void a_jail_is_seen_from_outside_and_shows_no_more_than_it_holds(void)
{
	char name[32], want[PATH_MAX], maps[8192];
	int ready[2], in, out, dir;
	pid_t child;

	CHECK_EQ(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int proc = enter_jail(&in, &out, &dir), fd;
		ssize_t n;

		CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, in, 0) != MAP_FAILED);
		fd = openat(proc, "self/maps", O_RDONLY);
		n = read(fd, maps, sizeof(maps) - 1);
		CHECK(n > 0);
		maps[n] = '\0';
		CHECK(strstr(maps, " /inside\n"));
		CHECK(!strstr(maps, "jail"));
		fd = openat(proc, "self/mounts", O_RDONLY);
		CHECK_EQ(read(fd, maps, sizeof(maps)), 0);
		CHECK_EQ(write(ready[1], scratch_dir, sizeof(scratch_dir)), sizeof(scratch_dir));
		pause();
	}
	close(ready[1]);
	CHECK_EQ(read(ready[0], scratch_dir, sizeof(scratch_dir)), sizeof(scratch_dir));
	snprintf(name, sizeof(name), "%d/root", child);
	snprintf(want, sizeof(want), "%s/jail", scratch_dir);
	expect_link(open("/proc", O_RDONLY), name, want);
	snprintf(name, sizeof(name), "/proc/%d/root/inside", child);
	expect_contents(name, "in");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

int main(void)
{
	TAP_TEST(paths_are_normalised);
	TAP_TEST(bad_paths_have_their_errors);
	TAP_TEST(at_calls_count_from_their_directory);
	TAP_TEST(symbolic_links_are_followed);
	TAP_TEST(symbolic_links_lead_across_mounts);
	TAP_TEST(rename_link_unlink);
	TAP_TEST(directories_list_each_entry_once);
	TAP_TEST(chroot_hides_the_rest);
	TAP_TEST(links_of_proc_show_what_the_caller_sees);
	TAP_TEST(links_of_proc_lead_where_they_point);
	TAP_TEST(a_jail_is_seen_from_outside_and_shows_no_more_than_it_holds);
	return tap_done();
}
