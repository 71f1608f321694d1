/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * descriptors.c - the table of descriptors: which number a new descriptor gets, which state copies share, which
 * descriptors a program inherits. The suite must also pass on Linux; a run on Linux tests the suite itself.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "scratch.h"
#include "tap.h"

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

/* The limit of Linux; /proc/sys/fs/nr_open shows it. */
#define NR_OPEN	(1 << 20)

static void root_may_have_a_million_descriptors(void)
{
	struct rlimit limit = { NR_OPEN, NR_OPEN }, more = { NR_OPEN, NR_OPEN + 1 };
	int status;

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_ERR(setrlimit(RLIMIT_NOFILE, &more), EPERM);
	for (int i = 0; i < 5000; i++)
		CHECK(dup(0) > 0);
	CHECK_EQ(close(70), 0);
	CHECK_EQ(close(4444), 0);
	CHECK_EQ(dup2(0, NR_OPEN - 1), NR_OPEN - 1);
	CHECK_ERR(dup2(0, NR_OPEN), EBADF);
	/* The table still knows the holes, and so does the copy that a child gets. */
	if (!fork()) {
		CHECK_EQ(fcntl(NR_OPEN - 1, F_GETFD), 0);
		CHECK_EQ(dup(0), 70);
		CHECK_EQ(dup(0), 4444);
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	CHECK_EQ(dup(0), 70);
	CHECK_EQ(fcntl(0, F_DUPFD, NR_OPEN - 2), NR_OPEN - 2);
	CHECK_ERR(fcntl(0, F_DUPFD, NR_OPEN - 1), EMFILE);
	CHECK_EQ(syscall(SYS_close_range, 5, ~0U, 0), 0);
	CHECK_ERR(fcntl(NR_OPEN - 1, F_GETFD), EBADF);
	CHECK_EQ(dup(0), 5);
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

int main(void)
{
	TAP_TEST(the_lowest_free_descriptor_is_used);
	TAP_TEST(dup_shares_the_offset_and_open_does_not);
	TAP_TEST(dup2_replaces_and_dup3_checks);
	TAP_TEST(fcntl_dupfd_starts_at_the_minimum);
	TAP_TEST(descriptors_end_at_the_limit);
	TAP_TEST(many_descriptors_fit);
	TAP_TEST(root_may_have_a_million_descriptors);
	TAP_TEST(close_on_exec_closes_on_exec);
	return tap_done();
}
