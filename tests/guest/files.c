// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * files.c - descriptors, paths and file system calls as a program sees them. All but the last
 * group must also pass on
 * Linux: run there, the suite tests itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "tap.h"

static char dir[64];

/* An empty directory of the test's own, made the working directory. */
static void enter_empty_directory(void)
{
	strcpy(dir, "/tmp/files.XXXXXX");
	CHECK(mkdtemp(dir));
	CHECK_EQ(chdir(dir), 0);
}

static int make_file(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void expect_contents(const char *name, const char *text)
{
	char buf[256] = "";
	int fd = open(name, O_RDONLY);

	CHECK(fd >= 0);
	CHECK_EQ(read(fd, buf, sizeof(buf) - 1), strlen(text));
	CHECK_STR(buf, text);
	close(fd);
}

/* ---- descriptors -------------------------------------------------------------------- */

static void the_lowest_free_descriptor_is_used(void)
{
	int a = dup(0), b = dup(0), c = dup(0);

	CHECK(a >= 0 && b == a + 1 && c == b + 1);
	CHECK_EQ(close(b), 0);
	CHECK_EQ(dup(0), b);
	CHECK_ERR(close(500), EBADF);
	CHECK_ERR(dup(500), EBADF);
	CHECK_ERR(read(-1, &a, 1), EBADF);
}

static void dup_shares_the_offset_and_open_does_not(void)
{
	int fd, copy, other;
	char c;

	enter_empty_directory();
	fd = make_file("f", "abcdef");
	copy = dup(fd);
	other = open("f", O_RDONLY);
	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	CHECK_EQ(read(copy, &c, 1), 1);
	CHECK_EQ(c, 'c');
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
	CHECK_EQ(read(other, &c, 1), 1);
	CHECK_EQ(c, 'a');
}

static void dup2_replaces_and_dup3_checks(void)
{
	int p[2], fd;
	char c = 'x';

	enter_empty_directory();
	fd = make_file("f", "");
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(dup2(fd, p[1]), p[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);	/* the write end is gone */
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_ERR(dup3(fd, fd, 0), EINVAL);
	CHECK_EQ(dup3(fd, 200, O_CLOEXEC), 200);
	CHECK_EQ(fcntl(200, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(dup2(fd, 1 << 20), EBADF);
	CHECK_ERR(dup2(199, 5), EBADF);
}

static void fcntl_dupfd_starts_at_the_minimum(void)
{
	CHECK_EQ(fcntl(0, F_DUPFD, 100), 100);
	CHECK_EQ(fcntl(0, F_DUPFD_CLOEXEC, 100), 101);
	CHECK_EQ(fcntl(100, F_GETFD), 0);
	CHECK_EQ(fcntl(101, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(101, F_SETFD, 0), 0);
	CHECK_EQ(fcntl(101, F_GETFD), 0);
}

static void descriptors_end_at_the_limit(void)
{
	struct rlimit limit = { 20, 20 };
	int fd, last = -1;

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while ((fd = dup(0)) >= 0)
		last = fd;
	CHECK_EQ(errno, EMFILE);
	CHECK_EQ(last, 19);
}

static void many_descriptors_fit(void)
{
	struct rlimit limit = { 1024, 1024 };

	(void)setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < 600; i++)
		CHECK(dup(0) > 0);
	CHECK_EQ(syscall(SYS_close_range, 300, 500, 0), 0);
	CHECK_ERR(fcntl(300, F_GETFD), EBADF);
	CHECK_ERR(fcntl(500, F_GETFD), EBADF);
	CHECK_EQ(fcntl(501, F_GETFD), 0);
	CHECK_EQ(dup(0), 300);
}

static void close_on_exec_closes_on_exec(void)
{
	int keep, lose, status;
	char script[128];

	enter_empty_directory();
	keep = make_file("keep", "");
	lose = open("lose", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	snprintf(script, sizeof(script), "(: <&%d) 2>/dev/null && ! (: <&%d) 2>/dev/null", keep, lose);
	if (!fork()) {
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(99);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
}

/* ---- reading and writing ------------------------------------------------------------ */

static void what_is_written_is_read(void)
{
	static char out[300000], in[sizeof(out)];
	int fd;

	enter_empty_directory();
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 4096;
	fd = open("big", O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, out, sizeof(out)), sizeof(out));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, in, sizeof(in)), sizeof(in));
	CHECK(!memcmp(in, out, sizeof(in)));
	CHECK_EQ(read(fd, in, 1), 0);
	CHECK_EQ(pread(fd, in, 1000, 123457), 1000);
	CHECK(!memcmp(in, out + 123457, 1000));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), sizeof(out));
	CHECK_EQ(lseek(fd, -5, SEEK_END), sizeof(out) - 5);
	CHECK_EQ(read(fd, in, 100), 5);
}

static void append_writes_at_the_end_always(void)
{
	int fd, other;

	enter_empty_directory();
	fd = make_file("f", "one");
	other = open("f", O_WRONLY | O_APPEND);
	CHECK_EQ(write(fd, "two", 3), 3);
	CHECK_EQ(write(other, "end", 3), 3);
	CHECK_EQ(lseek(other, 0, SEEK_CUR), 9);
	CHECK_EQ(lseek(other, 0, SEEK_SET), 0);
	CHECK_EQ(write(other, "!", 1), 1);
	expect_contents("f", "onetwoend!");
}

static void vectors_are_one_operation(void)
{
	char a[4] = "", b[16] = "";
	struct iovec out[3] = { { "ab", 2 }, { "", 0 }, { "cdefg", 5 } };
	struct iovec in[2] = { { a, 3 }, { b, 15 } };
	struct iovec *volatile bad = (void *)8;
	volatile int negative = -1;
	int fd, p[2];

	enter_empty_directory();
	fd = make_file("f", "");
	CHECK_EQ(writev(fd, out, 3), 7);
	CHECK_EQ(preadv(fd, in, 2, 0), 7);
	CHECK_STR(a, "abc");
	CHECK_STR(b, "defg");
	/* A read that has filled the first vector does not wait for the second. */
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(p[1], "xyz", 3), 3);
	CHECK_EQ(readv(p[0], in, 2), 3);
	CHECK_ERR(writev(fd, out, negative), EINVAL);
	CHECK_ERR(writev(fd, bad, 2), EFAULT);
}

static void holes_read_as_zeros(void)
{
	char buf[10];
	struct stat st;
	int fd;

	enter_empty_directory();
	fd = make_file("f", "abc");
	CHECK_EQ(pwrite(fd, "z", 1, 100000), 1);
	CHECK_EQ(pread(fd, buf, 10, 50000), 10);
	CHECK(!memcmp(buf, "\0\0\0\0\0\0\0\0\0\0", 10));
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 100001);
}

static void truncate_cuts_and_grows(void)
{
	char buf[8] = "";
	int fd;

	enter_empty_directory();
	fd = make_file("f", "abcdef");
	CHECK_EQ(ftruncate(fd, 3), 0);
	CHECK_EQ(ftruncate(fd, 6), 0);
	CHECK_EQ(pread(fd, buf, 8, 0), 6);
	CHECK(!memcmp(buf, "abc\0\0\0", 6));
	CHECK_EQ(truncate("f", 1), 0);
	expect_contents("f", "a");
	close(fd);
	fd = open("f", O_RDONLY);
	CHECK_ERR(ftruncate(fd, 0), EINVAL);
	CHECK_ERR(truncate("f", -1), EINVAL);
	CHECK_ERR(write(fd, "x", 1), EBADF);
}

static void bad_user_memory_is_efault(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *volatile bad = (void *)16;
	int fd, p[2];

	enter_empty_directory();
	CHECK(page != MAP_FAILED);
	CHECK_EQ(munmap(page + 4096, 4096), 0);
	fd = make_file("f", "some bytes");
	CHECK_ERR(pread(fd, bad, 4, 0), EFAULT);
	CHECK_ERR(pread(fd, (void *)0xffff800000000000ul, 4, 0), EFAULT);
	CHECK_ERR(open(bad, O_RDONLY), EFAULT);
	CHECK_ERR(syscall(SYS_stat, "f", bad), EFAULT);	/* musl would copy itself */
	CHECK_EQ(pipe(p), 0);
	CHECK_ERR(write(p[1], bad, 4), EFAULT);
	CHECK_EQ(write(p[1], page + 4096 - 2, 2), 2);
	/* A path that ends in unmapped memory. */
	memset(page, 'x', 4096);
	CHECK_ERR(open(page + 4000, O_RDONLY), EFAULT);
}

static void sendfile_copies(void)
{
	static char big[200000];
	off_t off = 3;
	int in, out;
	struct stat st;

	enter_empty_directory();
	in = make_file("in", "abcdefghij");
	out = make_file("out", "");
	CHECK_EQ(sendfile(out, in, &off, 4), 4);
	CHECK_EQ(off, 7);
	CHECK_EQ(lseek(in, 0, SEEK_SET), 0);
	CHECK_EQ(sendfile(out, in, NULL, 100), 10);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 10);
	expect_contents("out", "defgabcdefghij");
	CHECK_EQ(pwrite(in, big, sizeof(big), 0), sizeof(big));
	off = 0;
	CHECK_EQ(ftruncate(out, 0), 0);
	CHECK_EQ(lseek(out, 0, SEEK_SET), 0);
	CHECK_EQ(sendfile(out, in, &off, sizeof(big) + 1), sizeof(big));
	CHECK_EQ(fstat(out, &st), 0);
	CHECK_EQ(st.st_size, sizeof(big));
}

/* ---- paths -------------------------------------------------------------------------- */

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
	snprintf(buf, sizeof(buf), "%s/a", dir);
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
	snprintf(buf, sizeof(buf), "%s/real", dir);
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

/* ---- attributes --------------------------------------------------------------------- */

static void attributes_can_be_changed(void)
{
	struct timespec times[2] = { { 1000000, 5 }, { 2000000, 7 } };
	struct stat st;
	int fd;

	enter_empty_directory();
	umask(022);
	fd = open("f", O_RDWR | O_CREAT, 0666);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_EQ(chmod("f", 0751), 0);
	CHECK_EQ(fchmod(fd, 0640), 0);
	CHECK_EQ(fchown(fd, 7, -1), 0);
	CHECK_EQ(chown("f", -1, 8), 0);
	CHECK_EQ(utimensat(AT_FDCWD, "f", times, 0), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_uid, 7);
	CHECK_EQ(st.st_gid, 8);
	CHECK_EQ(st.st_atim.tv_sec, 1000000);
	CHECK_EQ(st.st_mtim.tv_nsec, 7);
	times[0].tv_nsec = UTIME_OMIT;
	times[1].tv_nsec = UTIME_NOW;
	CHECK_EQ(futimens(fd, times), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_atim.tv_sec, 1000000);
	CHECK(st.st_mtim.tv_sec > 1000000000);
	CHECK_ERR(chmod("none", 0600), ENOENT);
}

static void permissions_are_checked(void)
{
	enter_empty_directory();
	CHECK_EQ(chmod(".", 0755), 0);
	close(make_file("secret", "s"));
	close(make_file("public", "p"));
	CHECK_EQ(chmod("secret", 0600), 0);
	CHECK_EQ(setgid(1000), 0);
	CHECK_EQ(setuid(1000), 0);
	CHECK_ERR(open("secret", O_RDONLY), EACCES);
	CHECK_ERR(open("public", O_WRONLY), EACCES);
	CHECK_ERR(access("secret", R_OK), EACCES);
	CHECK_EQ(access("public", R_OK), 0);
	CHECK_ERR(access("public", X_OK), EACCES);
	CHECK_ERR(open("new", O_RDWR | O_CREAT, 0644), EACCES);
	CHECK_ERR(unlink("public"), EACCES);
	CHECK_ERR(chmod("public", 0777), EPERM);
	CHECK_ERR(chroot("."), EPERM);
	expect_contents("public", "p");
}

static void statx_agrees_with_stat(void)
{
	struct stat st;
	struct statfs fs;
	struct { unsigned mask, blksize; unsigned long attrs; unsigned nlink, uid, gid; unsigned short mode, pad;
		 unsigned long ino, size; char rest[200]; } x;

	enter_empty_directory();
	close(make_file("f", "12345"));
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x7ff, &x), 0);
	CHECK_EQ(x.size, 5);
	CHECK_EQ(x.ino, st.st_ino);
	CHECK_EQ(x.mode, st.st_mode);
	CHECK_EQ(statfs(".", &fs), 0);
	CHECK(fs.f_bsize >= 512);
	CHECK_EQ(fs.f_namelen, 255);
}

/* ---- devices and kernel files ------------------------------------------------------- */

static void devices_behave(void)
{
	char buf[64];
	int fd = open("/dev/null", O_RDWR);

	CHECK_EQ(read(fd, buf, 10), 0);
	CHECK_EQ(write(fd, buf, 10), 10);
	fd = open("/dev/zero", O_RDWR);
	memset(buf, 1, sizeof(buf));
	CHECK_EQ(read(fd, buf, 64), 64);
	CHECK_EQ(buf[63], 0);
	fd = open("/dev/full", O_RDWR);
	CHECK_ERR(write(fd, buf, 1), ENOSPC);
	CHECK_EQ(read(fd, buf, 1), 1);
	CHECK_ERR(ioctl(fd, TIOCGWINSZ, buf), ENOTTY);
	fd = open("/dev/urandom", O_RDONLY);
	CHECK_EQ(read(fd, buf, 64), 64);
	int zeros = 0;
	for (int i = 0; i < 64; i++)
		zeros += !buf[i];
	CHECK(zeros < 32);
}

static void *read_bytes(void *arg)
{
	int fd = *(int *)arg;
	long sum = 0;
	char c;

	while (read(fd, &c, 1) == 1)
		sum++;
	return (void *)sum;
}

static void threads_share_an_offset_without_overlap(void)
{
	static char data[2000];
	pthread_t t[3];
	long total = 0;
	void *sum;
	int fd;

	enter_empty_directory();
	fd = open("f", O_RDWR | O_CREAT, 0644);
	CHECK_EQ(write(fd, data, sizeof(data)), sizeof(data));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, read_bytes, &fd), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(pthread_join(t[i], &sum), 0);
		total += (long)sum;
	}
	CHECK_EQ(total, sizeof(data));
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

static void a_kernel_file_reads_the_same_in_pieces(void)
{
	char whole[4096], pieces[4096], c;
	int fd = open("/proc/version", O_RDONLY), n, m = 0;

	CHECK(fd >= 0);
	n = read(fd, whole, sizeof(whole));
	CHECK(n > 10);
	CHECK_EQ(read(fd, &c, 1), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	while (read(fd, &pieces[m], 1) == 1)
		m++;
	CHECK_EQ(m, n);
	CHECK(!memcmp(whole, pieces, n));
	CHECK_ERR(open("/proc/version", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST);
	CHECK_ERR(open("/proc/no-such", O_RDONLY), ENOENT);
	CHECK_ERR(mkdir("/proc/new", 0755), ENOENT);
}

int main(void)
{
	TAP_TEST(the_lowest_free_descriptor_is_used);
	TAP_TEST(dup_shares_the_offset_and_open_does_not);
	TAP_TEST(dup2_replaces_and_dup3_checks);
	TAP_TEST(fcntl_dupfd_starts_at_the_minimum);
	TAP_TEST(descriptors_end_at_the_limit);
	TAP_TEST(many_descriptors_fit);
	TAP_TEST(close_on_exec_closes_on_exec);
	TAP_TEST(what_is_written_is_read);
	TAP_TEST(append_writes_at_the_end_always);
	TAP_TEST(vectors_are_one_operation);
	TAP_TEST(holes_read_as_zeros);
	TAP_TEST(truncate_cuts_and_grows);
	TAP_TEST(bad_user_memory_is_efault);
	TAP_TEST(sendfile_copies);
	TAP_TEST(paths_are_normalised);
	TAP_TEST(bad_paths_have_their_errors);
	TAP_TEST(at_calls_count_from_their_directory);
	TAP_TEST(symbolic_links_are_followed);
	TAP_TEST(symbolic_links_lead_across_mounts);
	TAP_TEST(rename_link_unlink);
	TAP_TEST(directories_list_each_entry_once);
	TAP_TEST(attributes_can_be_changed);
	TAP_TEST(permissions_are_checked);
	TAP_TEST(statx_agrees_with_stat);
	TAP_TEST(devices_behave);
	TAP_TEST(threads_share_an_offset_without_overlap);
	TAP_TEST(chroot_hides_the_rest);
	TAP_TEST(a_kernel_file_reads_the_same_in_pieces);
	return tap_done();
}
