/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hostfs promises, from the guest's side: tests/system/test_share.py runs this with a folder
 * of the host on /host and looks at the other side.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include "files.h"
#include "tap.h"

#define TOP	"/host/guest"
#define MIB	(1u << 20)
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* Byte @i of the large files; tests/system/test_share.py knows the same rule. */
static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 2654435761u >> 13);
}

static void write_pattern(int fd, size_t size, size_t piece)
{
	static unsigned char buf[300000];

	for (size_t done = 0; done < size;) {
		size_t n = size - done < piece ? size - done : piece;

		for (size_t i = 0; i < n; i++)
			buf[i] = pattern(done + i);
		CHECK_EQ(write(fd, buf, n), n);
		done += n;
	}
}

static void check_pattern(int fd, size_t size, size_t piece)
{
	static unsigned char buf[300000];
	size_t done = 0;
	ssize_t n;

	while ((n = read(fd, buf, piece)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != pattern(done + i))
				CHECK_FAIL("byte %zu is wrong", done + i);
		done += n;
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(done, size);
}

static int make(const char *path, const char *text)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void wait_ok(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- contents ----------------------------------------------------------------------- */

static void what_was_written_is_read(void)
{
	char buf[16] = "";
	int fd = make(TOP "/rw", "0123456789");

	CHECK_EQ(pread(fd, buf, 4, 3), 4);
	CHECK_STR(buf, "3456");
	CHECK_EQ(pwrite(fd, "xy", 2, 1), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 10);
	CHECK(!memcmp(buf, "0xy3456789", 10));
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(unlink(TOP "/rw"), 0);
}

static void ten_mib_in_pieces_of_all_sizes(void)
{
	static const size_t pieces[] = { 4096, 65536, 65537, 131072, 300000 };
	int fd;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		fd = open(TOP "/large", O_RDWR | O_CREAT | O_TRUNC, 0644);
		CHECK(fd >= 0);
		write_pattern(fd, 2 * MIB + 12345, pieces[i]);
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		check_pattern(fd, 2 * MIB + 12345, pieces[sizeof(pieces) / sizeof(pieces[0]) - 1 - i]);
		CHECK_EQ(close(fd), 0);
	}
	CHECK_EQ(unlink(TOP "/large"), 0);
	fd = open(TOP "/to-host", O_RDWR | O_CREAT | O_TRUNC, 0644);
	CHECK(fd >= 0);
	write_pattern(fd, 10 * MIB, 65536);
	CHECK_EQ(fsync(fd), 0);
	fd = open("/host/from-host", O_RDONLY);
	CHECK(fd >= 0);
	check_pattern(fd, 10 * MIB, 65536);
}

static void holes_and_truncation(void)
{
	struct stat st;
	char c = 1;
	int fd = make(TOP "/hole", "abc");

	CHECK_EQ(pwrite(fd, "z", 1, 100000), 1);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 100001);
	CHECK_EQ(pread(fd, &c, 1, 5000), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(ftruncate(fd, 2), 0);
	CHECK_EQ(truncate(TOP "/hole", 5), 0);
	CHECK_EQ(pread(fd, &c, 1, 2), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 5);
	CHECK_EQ(close(open(TOP "/hole", O_WRONLY | O_TRUNC)), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_ERR(truncate(TOP, 0), EISDIR);
	CHECK_EQ(unlink(TOP "/hole"), 0);
}

static void append_goes_to_the_end(void)
{
	struct stat st;
	int fd = make(TOP "/log", "one\n");
	int log = open(TOP "/log", O_WRONLY | O_APPEND);

	CHECK_EQ(write(log, "two\n", 4), 4);
	CHECK_EQ(write(fd, "three\n", 6), 6);	/* over "two\n": its own offset */
	CHECK_EQ(write(log, "four\n", 5), 5);
	CHECK_EQ(lseek(log, 0, SEEK_CUR), 15);
	CHECK_EQ(fcntl(fd, F_SETFL, O_APPEND), 0);
	CHECK_EQ(write(fd, "five\n", 5), 5);
	CHECK_EQ(stat(TOP "/log", &st), 0);
	CHECK_EQ(st.st_size, 20);
	CHECK_STR(file_text(TOP "/log"), "one\nthree\nfour\nfive\n");
	CHECK_EQ(unlink(TOP "/log"), 0);
}

/* Two processes append lines: none is lost or torn. */
static void two_processes_append(void)
{
	enum { LINES = 300 };
	pid_t children[2];
	int seen[2][LINES] = { 0 };
	const char *text;

	close(make(TOP "/lines", ""));
	for (int who = 0; who < 2; who++) {
		children[who] = fork();
		if (children[who])
			continue;
		int fd = open(TOP "/lines", O_WRONLY | O_APPEND);

		CHECK(fd >= 0);
		for (int i = 0; i < LINES; i++) {
			char line[16];
			int n = snprintf(line, sizeof(line), "%d %03d\n", who, i);

			CHECK_EQ(write(fd, line, n), n);
		}
		_exit(0);
	}
	wait_ok(children[0]);
	wait_ok(children[1]);
	text = file_text(TOP "/lines");
	CHECK_EQ(strlen(text), 2 * LINES * 6);
	for (int i = 0; i < 2 * LINES; i++) {
		int who = text[6 * i] - '0', line = atoi(text + 6 * i + 2);

		CHECK((who == 0 || who == 1) && line >= 0 && line < LINES && text[6 * i + 5] == '\n');
		CHECK_EQ(seen[who][line]++, 0);
	}
	CHECK_EQ(unlink(TOP "/lines"), 0);
}

static void more_readers_than_requests_fit(void)
{
	pid_t children[40];

	for (int i = 0; i < 40; i++) {
		children[i] = fork();
		if (children[i])
			continue;
		int fd = open("/host/from-host", O_RDONLY);

		CHECK(fd >= 0);
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		check_pattern(fd, 10 * MIB, 300000);
		_exit(0);
	}
	for (int i = 0; i < 40; i++)
		wait_ok(children[i]);
}

/* ---- names -------------------------------------------------------------------------- */

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

static void rename_replaces_or_not(void)
{
	close(make(TOP "/a", "a"));
	close(make(TOP "/b", "b"));
	CHECK_ERR(rename_exclusive(TOP "/a", TOP "/b"), EEXIST);
	CHECK_EQ(rename(TOP "/a", TOP "/b"), 0);
	CHECK_STR(file_text(TOP "/b"), "a");
	CHECK_EQ(rename_exclusive(TOP "/b", TOP "/c"), 0);
	CHECK_EQ(unlink(TOP "/c"), 0);
}

static void hard_links_count(void)
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

static void links_lead_on(void)
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

/* More names than one message carries, and names as long as they may be. */
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

/* ---- attributes --------------------------------------------------------------------- */

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
	/* "Now" is the host's clock, like the time of a file made there. */
	CHECK_EQ(utimensat(AT_FDCWD, TOP "/time", NULL, 0), 0);
	close(make(TOP "/later", "x"));
	CHECK_EQ(stat(TOP "/time", &st), 0);
	CHECK_EQ(stat(TOP "/later", &now), 0);
	CHECK(st.st_mtim.tv_sec <= now.st_mtim.tv_sec && st.st_mtim.tv_sec > 1600000000);
	CHECK_EQ(unlink(TOP "/time"), 0);
	CHECK_EQ(unlink(TOP "/later"), 0);
}

static void statfs_tells_the_host_s_numbers(void)
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

/* ---- programs ----------------------------------------------------------------------- */

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
	/* Nothing is kept of the old one. */
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

static void files_can_be_mapped(void)
{
	int fd = open("/host/from-host", O_RDONLY);
	unsigned char *p = mmap(NULL, 10 * MIB, PROT_READ, MAP_PRIVATE, fd, 0);

	CHECK(p != MAP_FAILED);
	for (size_t i = 0; i < 10 * MIB; i += 4097)
		CHECK_EQ(p[i], pattern(i));
}

/* A FIFO that the host made: the pipe is the guest's own. */
static void fifos_are_names(void)
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

/* The server is asked for more than it may keep open for ever: everything is given back. */
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

/* ---- signals ------------------------------------------------------------------------ */

static volatile unsigned alarms;

static void count_alarm(int signal)
{
	alarms++;
}

/* EINTR is allowed here, but only if nothing was read: the offset and the bytes say so. */
static void signals_lose_no_bytes(void)
{
	struct sigaction action = { .sa_handler = count_alarm };
	struct itimerval every = { { 0, 700 }, { 0, 700 } };
	static unsigned char buf[300000];
	int fd = open("/host/from-host", O_RDONLY);
	size_t done = 0;
	ssize_t n;

	CHECK(fd >= 0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ(buf[i], pattern(done + i));
		done += n;
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(done, 10 * MIB);
	CHECK(alarms > 0);
}

/* Each write is all there, or it was interrupted and nothing is. */
static void signals_write_nothing_twice(void)
{
	struct sigaction action = { .sa_handler = count_alarm };
	struct itimerval every = { { 0, 700 }, { 0, 700 } };
	static unsigned char buf[65536];
	int fd = open(TOP "/signals", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644);
	size_t done = 0;

	CHECK(fd >= 0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	while (done < 4 * MIB) {
		ssize_t n;

		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = pattern(done + i);
		n = write(fd, buf, sizeof(buf));
		if (n < 0)
			CHECK_EQ(errno, EINTR);
		else
			done += n;
	}
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	fd = open(TOP "/signals", O_RDONLY);
	check_pattern(fd, done, 65536);
	CHECK_EQ(unlink(TOP "/signals"), 0);
}

/* Clients die in the middle of reads and writes; the server goes on, and so do the others. */
static void killed_clients_do_no_harm(void)
{
	for (int i = 0; i < 100; i++) {
		static unsigned char buf[65536];
		pid_t pid = fork();

		if (pid == 0) {
			int in = open("/host/from-host", O_RDONLY);
			int out = open(TOP "/victim", O_WRONLY | O_CREAT, 0644);

			for (;;) {
				CHECK(pread(in, buf, sizeof(buf), 0) > 0);
				CHECK(pwrite(out, buf, sizeof(buf), 0) > 0);
			}
		}
		usleep(i * 50);
		kill(pid, SIGKILL);
		CHECK_EQ(waitpid(pid, NULL, 0), pid);
	}
	CHECK_EQ(unlink(TOP "/victim"), 0);
	what_was_written_is_read();
}

/* ---- the server dies ---------------------------------------------------------------- */

static pid_t pid_of_hostfs(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64];
	pid_t found = 0;

	while ((entry = readdir(proc)) != NULL) {
		const char *text;

		snprintf(path, sizeof(path), "/proc/%.10s/comm", entry->d_name);
		text = atoi(entry->d_name) > 1 ? file_text(path) : NULL;
		if (text && !strcmp(text, "hostfs\n"))
			found = atoi(entry->d_name);
	}
	closedir(proc);
	return found;
}

/* Reads for ever; ends well when a read says EIO, and only then. */
static void read_until_eio(int started)
{
	static unsigned char buf[65536];
	int fd = open("/host/from-host", O_RDONLY);
	ssize_t n;

	CHECK(fd >= 0);
	CHECK_EQ(write(started, "", 1), 1);
	for (off_t at = 0;; at = (at + n) % (10 * MIB)) {
		n = pread(fd, buf, sizeof(buf), at);
		if (n < 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != pattern(at + i))
				CHECK_FAIL("byte %zu is wrong", (size_t)(at + i));
	}
	CHECK_EQ(errno, EIO);
	CHECK_ERR(pread(fd, buf, 1, 0), EIO);
	_exit(0);
}

static void a_killed_server_costs_eio_and_comes_back(void)
{
	for (int round = 0; round < 3; round++) {
		pid_t server = pid_of_hostfs(), readers[8];
		int started[2], fd;
		char byte;

		CHECK(server > 0);
		CHECK_EQ(pipe(started), 0);
		for (int i = 0; i < 8; i++) {
			readers[i] = fork();
			if (readers[i] == 0)
				read_until_eio(started[1]);
		}
		for (int i = 0; i < 8; i++)
			CHECK_EQ(read(started[0], &byte, 1), 1);
		CHECK_EQ(kill(server, SIGKILL), 0);
		for (int i = 0; i < 8; i++)
			wait_ok(readers[i]);
		/* init starts the next one, the later the more often this happened. */
		while ((fd = open("/host/from-host", O_RDONLY)) < 0) {
			CHECK_EQ(errno, EIO);
			usleep(1000);
		}
		CHECK(pid_of_hostfs() != server);
		check_pattern(fd, 10 * MIB, 65536);
		what_was_written_is_read();
	}
}

int main(void)
{
	mkdir(TOP, 0755);
	TAP_TEST(what_was_written_is_read);
	TAP_TEST(ten_mib_in_pieces_of_all_sizes);
	TAP_TEST(holes_and_truncation);
	TAP_TEST(append_goes_to_the_end);
	TAP_TEST(two_processes_append);
	TAP_TEST(more_readers_than_requests_fit);
	TAP_TEST(names_come_and_go);
	TAP_TEST(rename_replaces_or_not);
	TAP_TEST(hard_links_count);
	TAP_TEST(links_lead_on);
	TAP_TEST(deep_and_long_paths);
	TAP_TEST(ten_thousand_entries);
	TAP_TEST(a_listing_survives_unlinking);
	TAP_TEST(modes_and_umask);
	TAP_TEST(times_are_kept_to_the_nanosecond);
	TAP_TEST(statfs_tells_the_host_s_numbers);
	TAP_TEST(other_users_are_bound_by_modes);
	TAP_TEST(supplementary_groups_count);
	TAP_TEST(tidy_after_other_users);
	TAP_TEST(programs_run_from_the_host);
	TAP_TEST(files_can_be_mapped);
	TAP_TEST(fifos_are_names);
	TAP_TEST(many_opens_leave_nothing);
	TAP_TEST(signals_lose_no_bytes);
	TAP_TEST(signals_write_nothing_twice);
	TAP_TEST(killed_clients_do_no_harm);
	TAP_TEST(a_killed_server_costs_eio_and_comes_back);
	return tap_done();
}
