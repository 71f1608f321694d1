/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flock.c - locks on whole files: which locks exclude each other, how a lock ends, how tasks wait and how a wait ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include "klp.h"

#define FILE_NAME	"/tmp/flock"

static int open_file(void)
{
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	return fd;
}

static void exclusive_excludes_all_others(void)
{
	int a = open_file(), b = open_file();

	CHECK_EQ(flock(a, LOCK_EX), 0);
	CHECK_ERR(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK_ERR(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	CHECK_EQ(flock(a, LOCK_UN), 0);
	CHECK_EQ(flock(b, LOCK_EX | LOCK_NB), 0);
	close(a);
	close(b);
}

static void shared_excludes_exclusive_only(void)
{
	int a = open_file(), b = open_file(), c = open_file();

	CHECK_EQ(flock(a, LOCK_SH), 0);
	CHECK_EQ(flock(b, LOCK_SH | LOCK_NB), 0);
	CHECK_ERR(flock(c, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	close(a);
	CHECK_ERR(flock(c, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	close(b);
	CHECK_EQ(flock(c, LOCK_EX | LOCK_NB), 0);
	close(c);
}

static void a_lock_does_not_exclude_locks_on_other_files(void)
{
	int a = open_file(), other = open("/tmp/flock-other", O_RDWR | O_CREAT, 0600);

	CHECK_EQ(flock(a, LOCK_EX), 0);
	CHECK_EQ(flock(other, LOCK_EX | LOCK_NB), 0);
	close(a);
	close(other);
}

static void a_lock_belongs_to_the_open_file(void)
{
	int a = open_file(), copy = dup(a), b = open_file();

	CHECK_EQ(flock(a, LOCK_EX), 0);
	CHECK_EQ(flock(copy, LOCK_EX | LOCK_NB), 0);
	close(a);
	CHECK_ERR(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	close(copy);
	CHECK_EQ(flock(b, LOCK_EX | LOCK_NB), 0);
	close(b);
}

static void lock_is_converted_both_ways(void)
{
	int a = open_file(), b = open_file();

	CHECK_EQ(flock(a, LOCK_EX), 0);
	CHECK_EQ(flock(a, LOCK_SH), 0);
	CHECK_EQ(flock(b, LOCK_SH | LOCK_NB), 0);
	/* The exclusive lock is not available, but the shared lock is given up for it. */
	CHECK_ERR(flock(a, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK_EQ(flock(b, LOCK_EX | LOCK_NB), 0);
	close(a);
	close(b);
}

/*
 * Waits until the process waits for the lock. Before that the process also sleeps in flock() for answers
 * of the file's server.
 */
static void wait_for_waiter(pid_t pid)
{
	char path[64], stack[2048];

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	do
		sched_yield();
	while (!strstr(slurp(path, stack, sizeof(stack)), "sys_flock") || strstr(stack, "file_stat"));
}

/* A child that takes the lock. Its exit status is 0, or the errno of flock(). */
static pid_t start_waiter(void)
{
	pid_t child = fork();

	if (!child) {
		int fd = open_file();

		_exit(flock(fd, LOCK_EX) ? errno : 0);
	}
	CHECK(child > 0);
	wait_for_waiter(child);
	return child;
}

static void waiter_is_woken_by_the_holders_death(void)
{
	int status, ready[2];
	pid_t holder, waiter;
	char c;

	CHECK_EQ(pipe(ready), 0);
	holder = fork();
	if (!holder) {
		int fd = open_file();

		if (flock(fd, LOCK_EX) || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	waiter = start_waiter();
	CHECK_EQ(kill(holder, SIGKILL), 0);
	CHECK_EQ(waitpid(waiter, &status, 0), waiter);
	CHECK_EQ(status, 0);
	CHECK_EQ(waitpid(holder, NULL, 0), holder);
}

static void handler(int sig)
{
}

static void wait_is_interrupted_by_a_handler(void)
{
	struct sigaction action = { .sa_handler = handler };
	int fd = open_file(), status;
	pid_t waiter;

	CHECK_EQ(flock(fd, LOCK_EX), 0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	waiter = start_waiter();
	CHECK_EQ(kill(waiter, SIGUSR1), 0);
	CHECK_EQ(waitpid(waiter, &status, 0), waiter);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), EINTR);
	/* A task that is killed while it waits leaves no lock and no waiter behind. */
	waiter = start_waiter();
	CHECK_EQ(kill(waiter, SIGKILL), 0);
	CHECK_EQ(waitpid(waiter, &status, 0), waiter);
	CHECK_EQ(flock(fd, LOCK_UN), 0);
	CHECK_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
}

static void counter_is_exact_with_many_writers(void)
{
	enum { CHILDREN = 8, ROUNDS = 100 };
	int fd = open_file(), n = 0, status;

	CHECK_EQ(pwrite(fd, &n, sizeof(n), 0), sizeof(n));
	for (int i = 0; i < CHILDREN; i++) {
		if (fork())
			continue;
		fd = open_file();
		for (int j = 0; j < ROUNDS; j++) {
			if (flock(fd, LOCK_EX) || pread(fd, &n, sizeof(n), 0) != sizeof(n))
				_exit(1);
			n++;
			if (pwrite(fd, &n, sizeof(n), 0) != sizeof(n) || flock(fd, LOCK_UN))
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < CHILDREN; i++) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(pread(fd, &n, sizeof(n), 0), sizeof(n));
	CHECK_EQ(n, CHILDREN * ROUNDS);
	close(fd);
}

static void wrong_arguments_are_refused(void)
{
	int fd = open_file();

	CHECK_ERR(flock(-1, LOCK_EX), EBADF);
	CHECK_ERR(flock(fd, 0), EINVAL);
	CHECK_ERR(flock(fd, LOCK_EX | LOCK_SH), EINVAL);
	close(fd);
}

int main(void)
{
	TAP_TEST(exclusive_excludes_all_others);
	TAP_TEST(shared_excludes_exclusive_only);
	TAP_TEST(a_lock_does_not_exclude_locks_on_other_files);
	TAP_TEST(a_lock_belongs_to_the_open_file);
	TAP_TEST(lock_is_converted_both_ways);
	TAP_TEST(waiter_is_woken_by_the_holders_death);
	TAP_TEST(wait_is_interrupted_by_a_handler);
	TAP_TEST(counter_is_exact_with_many_writers);
	TAP_TEST(wrong_arguments_are_refused);
	return tap_done();
}
