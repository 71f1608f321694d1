/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path_descriptors.c - descriptors of O_PATH, which name a file without opening it: the calls that take such a
 * descriptor and the calls that refuse it. The suite must also pass on Linux; a run on Linux tests the suite itself.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include "scratch.h"
#include "tap.h"

static char buf[256];
static struct stat st;
static struct statfs fs;
static int other;			/* an ordinary descriptor, for reading and writing */

#define REFUSES(call)	CHECK_ERR(call, EBADF)

static void contents_are_out_of_reach(int fd)
{
	struct iovec iov = { buf, 8 };
	loff_t pos = 0;

	REFUSES(read(fd, buf, 8));
	REFUSES(write(fd, buf, 8));
	REFUSES(pread(fd, buf, 8, 0));
	REFUSES(pwrite(fd, buf, 8, 0));
	REFUSES(readv(fd, &iov, 1));
	REFUSES(writev(fd, &iov, 1));
	REFUSES(preadv(fd, &iov, 1, 0));
	REFUSES(pwritev(fd, &iov, 1, 0));
	REFUSES(lseek(fd, 0, SEEK_SET));
	REFUSES(sendfile(other, fd, NULL, 8));
	REFUSES(sendfile(fd, other, NULL, 8));
	REFUSES(syscall(SYS_copy_file_range, other, &pos, fd, NULL, 8, 0));
	REFUSES(syscall(SYS_copy_file_range, fd, NULL, other, &pos, 8, 0));
	REFUSES(syscall(SYS_getdents64, fd, buf, sizeof(buf)));
	REFUSES(ftruncate(fd, 0));
	REFUSES(syscall(SYS_fallocate, fd, 0, 0L, 100L));
	REFUSES(fsync(fd));
	REFUSES(fdatasync(fd));
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EBADF);
}

static void attributes_and_state_are_kept(int fd)
{
	struct pollfd poll_one = { .fd = fd, .events = POLLIN };
	int n;

	/* The library's function would go through /proc. */
	REFUSES(syscall(SYS_fchmod, fd, 0600));
	REFUSES(syscall(SYS_fchown, fd, -1, -1));
	REFUSES(futimens(fd, NULL));
	REFUSES(ioctl(fd, FIONREAD, &n));
	REFUSES(ioctl(fd, FIOCLEX));
	REFUSES(flock(fd, LOCK_SH));
	REFUSES(fcntl(fd, F_SETFL, O_NONBLOCK));
	REFUSES(fcntl(fd, F_GETPIPE_SZ));
	REFUSES(fcntl(fd, 9999));
	CHECK_EQ(poll(&poll_one, 1, 0), 1);
	CHECK_EQ(poll_one.revents, POLLNVAL);
}

static void what_names_a_file_is_allowed(int fd, bool dir)
{
	char name[32];
	int copy;

	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(fstatat(fd, "", &st, AT_EMPTY_PATH), 0);
	CHECK_EQ(fstatfs(fd, &fs), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
	CHECK(fcntl(fd, F_GETFL) & O_PATH);
	copy = dup(fd);
	CHECK(copy > fd);
	REFUSES(read(copy, buf, 8));
	CHECK_EQ(close(copy), 0);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	CHECK(copy >= 100);
	CHECK_EQ(dup2(copy, 200), 200);
	CHECK_EQ(close(copy) | close(200), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	CHECK(readlink(name, buf, sizeof(buf)) > 0);
	CHECK_EQ(fchownat(fd, "", -1, -1, AT_EMPTY_PATH), 0);
	if (dir) {
		CHECK_EQ(close(openat(fd, "inside", O_RDONLY)), 0);
		CHECK_EQ(fstatat(fd, "inside", &st, 0), 0);
		CHECK_EQ(fchdir(fd), 0);
		CHECK_EQ(access("inside", F_OK), 0);
		CHECK_EQ(chdir(".."), 0);
	} else {
		CHECK_ERR(fchdir(fd), ENOTDIR);
		CHECK_ERR(openat(fd, "inside", O_RDONLY), ENOTDIR);
	}
}

static void check_each_rule(const char *name, int flags, bool dir)
{
	int fd;

	enter_empty_directory();
	other = make_file("file", "contents");
	CHECK_EQ(mkfifo("fifo", 0644), 0);
	CHECK_EQ(symlink("file", "link"), 0);
	CHECK_EQ(mkdir("dir", 0755), 0);
	close(make_file("dir/inside", ""));
	fd = open(name, O_PATH | flags);
	CHECK(fd >= 0);
	contents_are_out_of_reach(fd);
	attributes_and_state_are_kept(fd);
	what_names_a_file_is_allowed(fd, dir);
	CHECK_EQ(close(fd), 0);
}

static void o_path_names_a_file(void)
{
	check_each_rule("file", 0, false);
	/* The descriptor's link in /proc leads to the file and opens it again. */
	int fd = open("file", O_PATH | O_RDWR | O_TRUNC | O_CREAT);

	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", fd);
	expect_contents(buf, "contents");
	CHECK_EQ(fcntl(fd, F_GETFL) & 3, O_RDONLY);
}

static void o_path_names_a_directory(void)
{
	check_each_rule("dir", 0, true);
	check_each_rule("dir", O_DIRECTORY | O_NOFOLLOW, true);
}

static void o_path_names_a_fifo_without_waiting(void)
{
	check_each_rule("fifo", 0, false);
}

static void o_path_names_a_link_itself(void)
{
	check_each_rule("link", O_NOFOLLOW, false);
	int fd = open("link", O_PATH | O_NOFOLLOW);

	CHECK_EQ(readlinkat(fd, "", buf, sizeof(buf)), 4);
	CHECK(!memcmp(buf, "file", 4));
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
}

static void o_path_names_a_device(void)
{
	check_each_rule("/dev/null", 0, false);
	check_each_rule("/dev/tty", 0, false);
}

static void o_path_needs_no_permission_to_read(void)
{
	enter_empty_directory();
	close(make_file("secret", "s"));
	CHECK_EQ(chmod("secret", 0) | chmod(".", 0755), 0);
	CHECK_EQ(setuid(1000), 0);
	int fd = open("secret", O_PATH);

	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", fd);
	CHECK_ERR(open(buf, O_RDONLY), EACCES);
}

int main(void)
{
	TAP_TEST(o_path_names_a_file);
	TAP_TEST(o_path_names_a_directory);
	TAP_TEST(o_path_names_a_fifo_without_waiting);
	TAP_TEST(o_path_names_a_link_itself);
	TAP_TEST(o_path_names_a_device);
	TAP_TEST(o_path_needs_no_permission_to_read);
	return tap_done();
}
