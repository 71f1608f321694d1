/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pipe_size.c - F_SETPIPE_SZ, and the limits of the memory that all pipes of one user may take
 * (/proc/sys/fs/pipe-*).  The suite restores the limits.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include "files.h"
#include "tap.h"

#define SYSCTL(name)	"/proc/sys/fs/pipe-" name
#define USER		1000
#define PAGE		4096

static void become_user(uid_t uid)
{
	CHECK_EQ(setresgid(uid, uid, uid), 0);
	CHECK_EQ(setresuid(uid, uid, uid), 0);
}

/* ---- size ------------------------------------------------------------------------ */

static void the_size_is_the_next_power_of_two_of_pages(void)
{
	static const struct { unsigned long asked; int got; } sizes[] = {
		{ 0, PAGE }, { 1, PAGE }, { PAGE, PAGE }, { PAGE + 1, 2 * PAGE }, { 100000, 131072 },
		{ 1 << 20, 1 << 20 }, { 65536, 65536 },
	};
	int p[2];

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), 65536);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CHECK_EQ(fcntl(p[i % 2], F_SETPIPE_SZ, sizes[i].asked), sizes[i].got);
		CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), sizes[i].got);
		CHECK_EQ(fcntl(p[1], F_GETPIPE_SZ), sizes[i].got);
	}
	CHECK_ERR(fcntl(p[0], F_SETPIPE_SZ, (1ul << 31) + 1), EINVAL);
	CHECK_ERR(fcntl(open("/dev/null", O_RDWR), F_SETPIPE_SZ, PAGE), EBADF);
	CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), 65536);
}

/* Fills the pipe; returns how many bytes the pipe took. */
static long fill(int fd)
{
	static unsigned char next;
	long n = 0;

	for (; write(fd, &next, 1) == 1; n++)
		next++;
	CHECK_EQ(errno, EAGAIN);
	return n;
}

static void a_pipe_takes_as_many_bytes_as_its_size(void)
{
	static const int sizes[] = { PAGE, 4 * PAGE, 2 * PAGE };
	static char room[8 * PAGE];
	int p[2];

	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, sizes[i]), sizes[i]);
		CHECK_EQ(fill(p[1]), sizes[i]);
		CHECK_EQ(read(p[0], room, sizeof(room)), sizes[i]);
	}
}

/* Bytes lie at all positions of the ring while the size changes; they come out in order. */
static void contents_survive_each_change_of_the_size(void)
{
	static const int sizes[] = { PAGE, 2 * PAGE, 4 * PAGE, 8 * PAGE, 16 * PAGE, 32 * PAGE };
	static unsigned char bytes[PAGE];
	unsigned char in = 0, out = 0;
	long held = 0;
	int p[2];

	srandom(tap_seed());
	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	for (unsigned round = 0; round < 400; round++) {
		int want = 1 + random() % PAGE, size = sizes[random() % 6], got;

		for (int i = 0; i < want; i++)
			bytes[i] = in + i;
		got = write(p[1], bytes, want);		/* writes all bytes or none */
		if (got > 0) {
			CHECK_EQ(got, want);
			in += got;
			held += got;
		}
		if (held > size)
			CHECK_ERR(fcntl(p[1], F_SETPIPE_SZ, size), EBUSY);
		else
			CHECK_EQ(fcntl(p[1], F_SETPIPE_SZ, size), size);
		got = read(p[0], bytes, 1 + random() % PAGE);
		for (int i = 0; i < got; i++)
			CHECK_EQ(bytes[i], out++);
		held -= got > 0 ? got : 0;
	}
}

static void a_writer_that_waits_for_room_gets_it_from_a_larger_pipe(void)
{
	struct pollfd poll_end;
	int p[2], status;
	pid_t pid;

	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, PAGE), PAGE);
	CHECK_EQ(fill(p[1]), PAGE);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		poll_end = (struct pollfd){ .fd = p[1], .events = POLLOUT };
		_exit(poll(&poll_end, 1, -1) == 1 && write(p[1], "x", 1) == 1 ? 0 : 1);
	}
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 4 * PAGE), 4 * PAGE);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void an_ordinary_user_has_a_largest_size(void)
{
	int p[2];

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 2 << 20), 2 << 20);
	become_user(USER);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	CHECK_ERR(fcntl(p[0], F_SETPIPE_SZ, (1 << 20) + 1), EPERM);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, PAGE), PAGE);
}

/* ---- limits of a user --------------------------------------------------------------- */

/* Sets the limits, and runs @body as a user that has no other processes; returns the exit status. */
static int with_limits(const char *soft, const char *hard, int (*body)(void))
{
	int status;
	pid_t pid;

	CHECK_EQ(file_put_text(SYSCTL("user-pages-soft"), soft), 0);
	CHECK_EQ(file_put_text(SYSCTL("user-pages-hard"), hard), 0);
	pid = fork();
	if (pid == 0) {
		become_user(4711);
		_exit(body());
	}
	CHECK(pid >= 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(file_put_text(SYSCTL("user-pages-soft"), "16384"), 0);
	CHECK_EQ(file_put_text(SYSCTL("user-pages-hard"), "0"), 0);
	return status;
}

static int soft_body(void)
{
	int p[8][2];

	for (int i = 0; i < 4; i++) {		/* 64 pages */
		CHECK_EQ(pipe(p[i]), 0);
		CHECK_EQ(fcntl(p[i][0], F_GETPIPE_SZ), 65536);
	}
	CHECK_EQ(pipe(p[4]), 0);
	CHECK_EQ(fcntl(p[4][0], F_GETPIPE_SZ), 2 * PAGE);
	CHECK_EQ(write(p[4][1], "still a pipe", 12), 12);
	CHECK_ERR(fcntl(p[4][0], F_SETPIPE_SZ, 4 * PAGE), EPERM);
	CHECK_EQ(fcntl(p[4][0], F_SETPIPE_SZ, PAGE), PAGE);	/* a smaller size is always allowed */
	CHECK_EQ(fcntl(p[0][0], F_SETPIPE_SZ, PAGE), PAGE);
	CHECK_EQ(fcntl(p[4][0], F_SETPIPE_SZ, 8 * PAGE), 8 * PAGE);
	/* A closed pipe does not count: a pipe of the full size is possible again. */
	close(p[4][0]);
	close(p[4][1]);
	close(p[1][0]);
	close(p[1][1]);
	CHECK_EQ(pipe(p[4]), 0);
	CHECK_EQ(fcntl(p[4][0], F_GETPIPE_SZ), 65536);
	return 0;
}

static void over_the_soft_limit_pipes_are_small(void)
{
	CHECK_EQ(with_limits("64", "0", soft_body), 0);
}

static int hard_body(void)
{
	int p[4][2], status;
	pid_t pid;

	CHECK_EQ(pipe(p[0]), 0);
	CHECK_EQ(pipe(p[1]), 0);
	CHECK_ERR(pipe(p[2]), ENFILE);
	CHECK_ERR(fcntl(p[0][0], F_SETPIPE_SZ, 131072), EPERM);
	CHECK_EQ(mkfifo("/tmp/pipe_size.fifo", 0600), 0);
	CHECK_ERR(open("/tmp/pipe_size.fifo", O_RDWR), ENOMEM);
	/* The user that made a pipe is charged for it, also while only a child has the pipe open. */
	pid = fork();
	if (pid == 0) {
		char byte;

		close(p[0][1]);
		_exit(read(p[0][0], &byte, 1) == 1 ? 0 : 1);
	}
	close(p[1][0]);
	close(p[1][1]);
	CHECK_ERR(pipe(p[2]), ENFILE);		/* the child has both ends of the closed pipe */
	CHECK_EQ(write(p[0][1], "x", 1), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(pipe(p[2]), 0);
	close(p[2][0]);
	close(p[2][1]);
	CHECK((p[3][0] = open("/tmp/pipe_size.fifo", O_RDWR)) >= 0);
	CHECK_EQ(unlink("/tmp/pipe_size.fifo"), 0);
	return 0;
}

static void over_the_hard_limit_there_are_no_pipes(void)
{
	CHECK_EQ(with_limits("0", "32", hard_body), 0);
}

static int many_body(void)
{
	int p[64][2], n = 0;

	for (int i = 0; i < 6; i++)
		fork();
	while (n < 64 && pipe(p[n]) == 0)
		n++;
	if (n < 64)
		CHECK_EQ(errno, ENFILE);
	while (waitpid(-1, NULL, 0) > 0)	/* each process waits for its children, so the first one ends last */
		;
	_exit(0);
}

/* Many processes make pipes at once: when they have ended, every page is free again. */
static void pipes_of_ended_processes_are_free_again(void)
{
	CHECK_EQ(with_limits("0", "320", many_body), 0);
	CHECK_EQ(with_limits("0", "32", hard_body), 0);
}

static void the_limits_do_not_bind_root(void)
{
	int p[3][2];

	CHECK_EQ(file_put_text(SYSCTL("user-pages-hard"), "1"), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(pipe(p[i]), 0);
		CHECK_EQ(fcntl(p[i][0], F_SETPIPE_SZ, 131072), 131072);
	}
	CHECK_EQ(file_put_text(SYSCTL("user-pages-hard"), "0"), 0);
}

static void only_root_can_set_the_limits(void)
{
	CHECK_STR(file_text(SYSCTL("max-size")), "1048576\n");
	CHECK_STR(file_text(SYSCTL("user-pages-soft")), "16384\n");
	CHECK_STR(file_text(SYSCTL("user-pages-hard")), "0\n");
	CHECK_EQ(file_put_text(SYSCTL("max-size"), "5000"), 0);
	CHECK_STR(file_text(SYSCTL("max-size")), "8192\n");
	CHECK_EQ(file_put_text(SYSCTL("max-size"), "1048576"), 0);
	CHECK_ERR(file_put_text(SYSCTL("max-size"), "4095"), EINVAL);
	CHECK_ERR(file_put_text(SYSCTL("max-size"), "-1"), EINVAL);
	CHECK_ERR(file_put_text(SYSCTL("user-pages-soft"), "x"), EINVAL);
	become_user(USER);
	CHECK_ERR(file_put_text(SYSCTL("user-pages-soft"), "0"), EACCES);
}

static void put_limits_back(void)
{
	file_put_text(SYSCTL("max-size"), "1048576");
	file_put_text(SYSCTL("user-pages-soft"), "16384");
	file_put_text(SYSCTL("user-pages-hard"), "0");
}

int main(void)
{
	tap_after_failure = put_limits_back;
	TAP_TEST(the_size_is_the_next_power_of_two_of_pages);
	TAP_TEST(a_pipe_takes_as_many_bytes_as_its_size);
	TAP_TEST(contents_survive_each_change_of_the_size);
	TAP_TEST(a_writer_that_waits_for_room_gets_it_from_a_larger_pipe);
	TAP_TEST(an_ordinary_user_has_a_largest_size);
	TAP_TEST(over_the_soft_limit_pipes_are_small);
	TAP_TEST(over_the_hard_limit_there_are_no_pipes);
	TAP_TEST(pipes_of_ended_processes_are_free_again);
	TAP_TEST(the_limits_do_not_bind_root);
	TAP_TEST(only_root_can_set_the_limits);
	return tap_done();
}
