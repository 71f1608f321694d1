/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * user.h - the ordinary user of the system-call fuzzers: random numbers from a seed, arguments that are often
 * wrong, and the end of all its processes.
 */
#ifndef FUZZ_USER_H
#define FUZZ_USER_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define USER	1000
#define WAIT_ALL	0x40000000	/* __WALL: also for children with another signal than SIGCHLD */

static inline uint64_t random_of(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A number at a border, or any number; @page is followed by a page that is not mapped. */
static inline long random_long(uint64_t *state, const char *page)
{
	static const long edges[] = { 0, 1, -1, 2, 8, 64, 4095, 4096, 65536, INT32_MAX, INT32_MIN, INT64_MAX,
				      INT64_MIN, 0x7ffffffff000, 0x7fffffffefff, (long)0x800000000000,
				      (long)0xffff888000000000, (long)0xffffffff80200000, (long)0xdead000000000000 };
	uint64_t r = random_of(state);

	switch (r & 7) {
	case 0:
	case 1:
		return (long)page + (r >> 8) % 4096;
	case 2:
		return (long)page + 4096 - (r >> 8) % 32;
	case 3:
		return (r >> 8) % 12;			/* a descriptor, a signal, a small number */
	case 4:
		return edges[(r >> 8) % (sizeof(edges) / sizeof(*edges))];
	case 5:
		return 1L << (r >> 8) % 64;
	case 6:
		return (long)(r >> 40);
	default:
		return (long)random_of(state);
	}
}

static inline long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline void nap_ms(long ms)
{
	struct timespec t = { 0, ms * 1000000 };

	nanosleep(&t, NULL);
}

/*
 * Ends the rights of root, for good. Only null devices stay open: the script of the guest has a pipe to init. And a session of
 * its own: a group whose last link to its session dies gets SIGHUP, and the script is in the group.
 */
static inline void become_user(void)
{
	int quiet = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		dup2(quiet, fd);
	syscall(SYS_close_range, 3, ~0u, 0);
	setsid();
	if (setgid(USER) || setuid(USER))
		_exit(1);
}

/* Kills all processes of the user, also those that a child left behind; true if there may have been one. */
static inline int kill_user(void)
{
	struct rlimit two = { 2, 2 };
	pid_t killer = fork();
	int status = 0;

	if (killer == 0) {
		setrlimit(RLIMIT_NPROC, &two);
		if (setuid(USER))
			_exit(1);
		kill(-1, SIGKILL);
		/* Two processes are allowed: the second one begins if there is no other. */
		killer = fork();
		if (killer == 0)
			_exit(0);
		_exit(killer < 0 ? 2 : 0);
	}
	waitpid(killer, &status, 0);
	return WEXITSTATUS(status) == 2;
}

/* Waits for @child, which the user runs, until it ends or @patience_ns have passed; then ends all, and waits until all are gone. */
static inline void end_user(pid_t child, long long patience_ns)
{
	long long end = now_ns() + patience_ns;

	while (waitpid(child, NULL, WNOHANG) == 0) {
		if (now_ns() > end)
			kill(child, SIGKILL);
		nap_ms(2);
	}
	/* What is killed is gone: if a process stays, the suite hangs here. With CLONE_PARENT it was a child of ours. */
	while (kill_user()) {
		while (waitpid(-1, NULL, WNOHANG | WAIT_ALL) > 0)
			;
		nap_ms(2);
	}
}

#endif
