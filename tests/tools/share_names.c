/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * share_names.c - promises of hostfs about names, attributes and kinds of files, seen from the guest:
 * tests/system/test_share.py runs this program, like share.c, with a folder of the host on /host.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sys/statfs.h>
#include "files.h"
#include "share.h"
#include "tap.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* ---- names ------------------------------------------------------------------------------- */

static void names_come_and_go(void)
{
	struct stat st;

	CHECK_ERR(stat(TOP "/none", &st), ENOENT);
	CHECK_ERR(stat(TOP "/none/below", &st), ENOENT);
	CHECK_ERR(open(TOP "/none", O_RDONLY), ENOENT);
	close(make(TOP "/file", "x"));
	CHECK_ERR(stat(TOP "/file/below", &st), ENOTDIR);
	CHECK_ERR(open(TOP "/file", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERR(open(TOP "/file", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_ERR(open(TOP, O_WRONLY), EISDIR);
	CHECK_ERR(open(TOP, O_RDWR | O_CREAT, 0600), EISDIR);
	CHECK_ERR(mkdir(TOP "/file", 0700), EEXIST);
	CHECK_ERR(mkdir(TOP, 0700), EEXIST);
	CHECK_ERR(mkdir("/host", 0700), EEXIST);
	CHECK_ERR(rmdir(TOP "/file"), ENOTDIR);
	CHECK_ERR(rmdir("/host"), EBUSY);
	CHECK_EQ(mkdir(TOP "/dir", 0750), 0);
	CHECK_EQ(stat(TOP "/dir", &st), 0);
	CHECK_EQ(st.st_mode, S_IFDIR | 0750);
	CHECK_ERR(unlink(TOP "/dir"), EISDIR);
	CHECK_EQ(rename(TOP "/file", TOP "/dir/moved"), 0);
	CHECK_ERR(stat(TOP "/file", &st), ENOENT);
	CHECK_ERR(rmdir(TOP "/dir"), ENOTEMPTY);
	CHECK_ERR(rename(TOP "/dir", TOP "/dir/moved"), EINVAL);
	CHECK_ERR(rename(TOP "/none", TOP "/else"), ENOENT);
	CHECK_ERR(rename(TOP "/dir/moved", "/tmp/moved"), EXDEV);
	CHECK_EQ(unlink(TOP "/dir/moved"), 0);
	CHECK_EQ(rmdir(TOP "/dir"), 0);
}

static int rename_exclusive(const char *from, const char *to)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

static void rename_replaces_unless_noreplace(void)
{
	close(make(TOP "/a", "a"));
	close(make(TOP "/b", "b"));
	CHECK_ERR(rename_exclusive(TOP "/a", TOP "/b"), EEXIST);
	CHECK_EQ(rename(TOP "/a", TOP "/b"), 0);
	CHECK_STR(file_text(TOP "/b"), "a");
	CHECK_EQ(rename_exclusive(TOP "/b", TOP "/c"), 0);
	CHECK_EQ(unlink(TOP "/c"), 0);
}

static void hard_links_are_counted(void)
{
	struct stat a, b;

	close(make(TOP "/a", "x"));
	CHECK_EQ(link(TOP "/a", TOP "/b"), 0);
	CHECK_ERR(link(TOP "/a", TOP "/b"), EEXIST);
	CHECK_ERR(link(TOP, TOP "/c"), EPERM);
	CHECK_EQ(stat(TOP "/a", &a), 0);
	CHECK_EQ(stat(TOP "/b", &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(b.st_nlink, 2);
	CHECK_EQ(unlink(TOP "/a"), 0);
	CHECK_EQ(stat(TOP "/b", &b), 0);
	CHECK_EQ(b.st_nlink, 1);
	CHECK_EQ(unlink(TOP "/b"), 0);
}

static void symbolic_links_are_followed(void)
{
	char target[64] = "";
	struct stat st;

	CHECK_EQ(mkdir(TOP "/real", 0755), 0);
	close(make(TOP "/real/file", "inside"));
	CHECK_EQ(symlink("real", TOP "/dirlink"), 0);
	CHECK_EQ(symlink("dirlink/file", TOP "/chain"), 0);
	CHECK_EQ(symlink("/etc/hostname", TOP "/out"), 0);
	CHECK_EQ(symlink("../real/new", TOP "/real/dangling"), 0);
	CHECK_EQ(symlink("loop", TOP "/loop"), 0);
	CHECK_STR(file_text(TOP "/dirlink/file"), "inside");
	CHECK_STR(file_text(TOP "/chain"), "inside");
	CHECK_STR(file_text(TOP "/out"), file_text("/etc/hostname"));
	CHECK_EQ(readlink(TOP "/chain", target, sizeof(target)), 12);
	CHECK_STR(target, "dirlink/file");
	CHECK_ERR(readlink(TOP "/real", target, sizeof(target)), EINVAL);
	CHECK_EQ(lstat(TOP "/chain", &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_ERR(open(TOP "/chain", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERR(open(TOP "/loop", O_RDONLY), ELOOP);
	CHECK_ERR(open(TOP "/real/dangling", O_RDONLY), ENOENT);
	CHECK_ERR(open(TOP "/real/dangling", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
	close(make(TOP "/real/dangling", "made"));
	CHECK_STR(file_text(TOP "/real/new"), "made");
	CHECK_EQ(unlink(TOP "/real/dangling"), 0);
	CHECK_EQ(unlink(TOP "/real/new"), 0);
	CHECK_EQ(unlink(TOP "/real/file"), 0);
	CHECK_EQ(rmdir(TOP "/real"), 0);
	CHECK_EQ(unlink(TOP "/dirlink"), 0);
	CHECK_EQ(unlink(TOP "/chain"), 0);
	CHECK_EQ(unlink(TOP "/out"), 0);
	CHECK_EQ(unlink(TOP "/loop"), 0);
}

/* More names than one message can carry, and names of the greatest length. */
static void deep_and_long_paths(void)
{
	char path[PATH_MAX] = TOP, name[NAME_MAX + 2];
	size_t at[40];
	struct stat st;

	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	for (int i = 0; i < 40; i++) {
		at[i] = strlen(path);
		sprintf(path + at[i], "/d%d", i);
		CHECK_EQ(mkdir(path, 0755), 0);
	}
	CHECK_EQ(stat(path, &st), 0);
	sprintf(path + strlen(path), "/%s", name);
	close(make(path, "deep"));
	CHECK_STR(file_text(path), "deep");
	CHECK_EQ(unlink(path), 0);
	strcat(path, "n");
	CHECK_ERR(open(path, O_RDONLY), ENAMETOOLONG);
	*strrchr(path, '/') = '\0';
	for (int i = 39; i >= 0; i--) {
		CHECK_EQ(rmdir(path), 0);
		path[at[i]] = '\0';
	}
}

static void ten_thousand_entries(void)
{
	static char seen[10000];
	struct dirent *entry;
	DIR *dir = opendir("/host/many");
	int count = 0, dots = 0;

	CHECK(dir);
	while ((entry = readdir(dir)) != NULL) {
		int n;

		if (entry->d_name[0] == '.') {
			dots++;
			continue;
		}
		CHECK_EQ(sscanf(entry->d_name, "entry-%d", &n), 1);
		CHECK(n >= 0 && n < 10000);
		CHECK_EQ(seen[n]++, 0);
		CHECK_EQ(entry->d_type, DT_REG);
		count++;
	}
	CHECK_EQ(count, 10000);
	CHECK_EQ(dots, 2);
	rewinddir(dir);
	CHECK(readdir(dir));
	closedir(dir);
}

static void a_listing_survives_unlinking(void)
{
	struct dirent *entry;
	char name[64];
	DIR *dir;
	int gone = 0;

	CHECK_EQ(mkdir(TOP "/list", 0755), 0);
	for (int i = 0; i < 500; i++) {
		sprintf(name, TOP "/list/%d", i);
		close(make(name, ""));
	}
	dir = opendir(TOP "/list");
	CHECK(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		sprintf(name, TOP "/list/%.20s", entry->d_name);
		CHECK_EQ(unlink(name), 0);
		gone++;
	}
	CHECK_EQ(gone, 500);
	closedir(dir);
	CHECK_EQ(rmdir(TOP "/list"), 0);
}

/* ---- attributes -------------------------------------------------------------------------- */

static void modes_and_umask(void)
{
	struct stat st;

	umask(027);
	CHECK_EQ(close(open(TOP "/mode", O_WRONLY | O_CREAT, 0666)), 0);
	CHECK_EQ(stat(TOP "/mode", &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(chmod(TOP "/mode", 04711), 0);
	CHECK_EQ(stat(TOP "/mode", &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 04711);
	CHECK_EQ(unlink(TOP "/mode"), 0);
}

static void times_are_kept_to_the_nanosecond(void)
{
	struct timespec set[2] = { { 1234567890, 123456789 }, { 987654321, 987654321 } };
	struct stat st, now;

	close(make(TOP "/time", "x"));
	CHECK_EQ(utimensat(AT_FDCWD, TOP "/time", set, 0), 0);
	CHECK_EQ(stat(TOP "/time", &st), 0);
	CHECK_EQ(st.st_atim.tv_sec, 1234567890);
	CHECK_EQ(st.st_atim.tv_nsec, 123456789);
	CHECK_EQ(st.st_mtim.tv_sec, 987654321);
	CHECK_EQ(st.st_mtim.tv_nsec, 987654321);
	/* "Now" comes from the host's clock, like the time of a file that is made on the host. */
	CHECK_EQ(utimensat(AT_FDCWD, TOP "/time", NULL, 0), 0);
	close(make(TOP "/later", "x"));
	CHECK_EQ(stat(TOP "/time", &st), 0);
	CHECK_EQ(stat(TOP "/later", &now), 0);
	CHECK(st.st_mtim.tv_sec <= now.st_mtim.tv_sec && st.st_mtim.tv_sec > 1600000000);
	CHECK_EQ(unlink(TOP "/time"), 0);
	CHECK_EQ(unlink(TOP "/later"), 0);
}

static void statfs_returns_the_numbers_of_the_host(void)
{
	struct statfs st;

	CHECK_EQ(statfs("/host", &st), 0);
	CHECK(st.f_bsize >= 512 && st.f_blocks > 0 && st.f_bfree <= st.f_blocks);
	CHECK(st.f_namelen >= 255);
}

static void other_users_are_bound_by_modes(void)
{
	CHECK_EQ(mkdir(TOP "/secret", 0700), 0);
	close(make(TOP "/secret/file", "x"));
	close(make(TOP "/mine", "x"));
	CHECK_EQ(chmod(TOP "/mine", 0600), 0);
	CHECK_EQ(mkdir(TOP "/open", 0777), 0);
	CHECK_EQ(chmod(TOP "/open", 0777), 0);
	close(make(TOP "/group", "x"));
	CHECK_EQ(chmod(TOP "/group", 0640), 0);
	CHECK_EQ(setgroups(0, NULL), 0);
	CHECK_EQ(setgid(4321), 0);
	CHECK_EQ(setuid(4321), 0);
	CHECK_ERR(open(TOP "/mine", O_RDONLY), EACCES);
	CHECK_ERR(open(TOP "/secret/file", O_RDONLY), EACCES);
	CHECK_ERR(open(TOP "/secret", O_RDONLY | O_DIRECTORY), EACCES);
	CHECK_ERR(open(TOP "/new", O_WRONLY | O_CREAT, 0644), EACCES);
	CHECK_ERR(unlink(TOP "/mine"), EACCES);
	CHECK_ERR(rename(TOP "/mine", TOP "/open/mine"), EACCES);
	CHECK_ERR(mkdir(TOP "/newdir", 0755), EACCES);
	CHECK_ERR(chmod(TOP "/mine", 0666), EPERM);
	CHECK_ERR(truncate(TOP "/mine", 0), EACCES);
	CHECK_EQ(close(open(TOP "/open/new", O_WRONLY | O_CREAT, 0644)), 0);
	CHECK_EQ(unlink(TOP "/open/new"), 0);
	CHECK_ERR(open(TOP "/group", O_RDONLY), EACCES);
}

static void supplementary_groups_count(void)
{
	const gid_t groups[] = { 77, 0 };

	CHECK_EQ(setgroups(2, groups), 0);
	CHECK_EQ(setgid(4321), 0);
	CHECK_EQ(setuid(4321), 0);
	CHECK_STR(file_text(TOP "/group"), "x");
	CHECK_ERR(open(TOP "/group", O_WRONLY), EACCES);
}

static void tidy_after_other_users(void)
{
	CHECK_EQ(unlink(TOP "/secret/file"), 0);
	CHECK_EQ(rmdir(TOP "/secret"), 0);
	CHECK_EQ(unlink(TOP "/mine"), 0);
	CHECK_EQ(unlink(TOP "/group"), 0);
	CHECK_EQ(rmdir(TOP "/open"), 0);
}

/* ---- programs ---------------------------------------------------------------------------- */

static int status_of(const char *path, const char *a, const char *b)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, "sh", a, b, (char *)NULL);
		_exit(126);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void programs_run_from_the_host(void)
{
	size_t size;
	unsigned char *bytes = file_bytes("/bin/busybox", &size);
	int fd = open(TOP "/busybox", O_WRONLY | O_CREAT | O_TRUNC, 0755);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, bytes, size), size);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(status_of(TOP "/busybox", "-c", "exit 42"), 42);
	/* The old program is not kept: the new one runs at once. */
	CHECK_EQ(file_put_text(TOP "/script", "#!/bin/sh\nexit 7\n"), 0);
	CHECK_EQ(chmod(TOP "/script", 0755), 0);
	CHECK_EQ(status_of(TOP "/script", NULL, NULL), 7);
	CHECK_EQ(file_put_text(TOP "/script", "#!/bin/sh\nexit 8\n"), 0);
	CHECK_EQ(status_of(TOP "/script", NULL, NULL), 8);
	CHECK_EQ(chmod(TOP "/script", 0644), 0);
	CHECK_EQ(status_of(TOP "/script", NULL, NULL), 126);
	CHECK_EQ(unlink(TOP "/script"), 0);
	CHECK_EQ(unlink(TOP "/busybox"), 0);
}

/* The host made the FIFO, but the pipe exists only in the guest. */
static void a_fifo_of_the_host_connects_processes_of_the_guest(void)
{
	char buf[8] = "";
	pid_t pid;

	pid = fork();
	if (pid == 0)
		_exit(write(open("/host/fifo", O_WRONLY), "hello", 5) != 5);
	CHECK_EQ(read(open("/host/fifo", O_RDONLY), buf, sizeof(buf)), 5);
	CHECK_STR(buf, "hello");
	wait_ok(pid);
	CHECK_ERR(mknod(TOP "/device", S_IFCHR | 0600, 0x103), EPERM);
}

/* The opens are more than the server may keep open: it must close all of them again. */
static void many_opens_leave_nothing(void)
{
	for (int round = 0; round < 5; round++) {
		int fds[200];

		for (int i = 0; i < 200; i++) {
			fds[i] = open("/host/from-host", O_RDONLY);
			CHECK(fds[i] >= 0);
		}
		for (int i = 0; i < 200; i++)
			CHECK_EQ(close(fds[i]), 0);
	}
}

int main(void)
{
	mkdir(TOP, 0755);
	TAP_TEST(names_come_and_go);
	TAP_TEST(rename_replaces_unless_noreplace);
	TAP_TEST(hard_links_are_counted);
	TAP_TEST(symbolic_links_are_followed);
	TAP_TEST(deep_and_long_paths);
	TAP_TEST(ten_thousand_entries);
	TAP_TEST(a_listing_survives_unlinking);
	TAP_TEST(modes_and_umask);
	TAP_TEST(times_are_kept_to_the_nanosecond);
	TAP_TEST(statfs_returns_the_numbers_of_the_host);
	TAP_TEST(other_users_are_bound_by_modes);
	TAP_TEST(supplementary_groups_count);
	TAP_TEST(tidy_after_other_users);
	TAP_TEST(programs_run_from_the_host);
	TAP_TEST(a_fifo_of_the_host_connects_processes_of_the_guest);
	TAP_TEST(many_opens_leave_nothing);
	return tap_done();
}
