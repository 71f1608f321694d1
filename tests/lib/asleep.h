/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * asleep.h - waits until another process or thread sleeps in the call that a test made it do.  The
 * state letter in /proc tells this.  A test that only pauses proves nothing on a slow machine.
 *
 * The wait is correct only if the other task cannot sleep elsewhere on its way.  There is no time
 * limit: if the task never sleeps the test hangs, and the runner notices.  The test fails if there is
 * no such process.
 */
#ifndef TESTS_ASLEEP_H
#define TESTS_ASLEEP_H

#include <fcntl.h>
#include <sched.h>
#include "tap.h"

/* The state letter of a thread of the process. */
static inline char thread_state(pid_t pid, pid_t tid)
{
	char path[64], text[256], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	CHECK(n > 0);
	close(fd);
	text[n] = '\0';
	end = strrchr(text, ')');	/* the name before it may contain any characters */
	CHECK(end && end[1]);
	return end[2];
}

static inline void wait_thread_asleep(pid_t pid, pid_t tid)
{
	while (thread_state(pid, tid) != 'S')
		sched_yield();
}

static inline void wait_asleep(pid_t pid)
{
	wait_thread_asleep(pid, pid);
}

/* As wait_asleep(), but also accepts a sleep that only SIGKILL ends, or no signal. */
static inline void wait_blocked(pid_t pid)
{
	char state;

	do {
		sched_yield();
		state = thread_state(pid, pid);
	} while (state != 'S' && state != 'D');
}

/*
 * Waits until @pid sleeps with @function on its kernel stack, or a function whose name begins so; only
 * root may.  The stack alone is not enough: /proc also shows that of a task that runs.
 */
static inline void wait_in(pid_t pid, const char *function)
{
	char path[64], text[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	do {
		wait_blocked(pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		n = read(fd, text, sizeof(text) - 1);
		CHECK(n >= 0);
		close(fd);
		text[n] = '\0';
	} while (!strstr(text, function));
}

#endif
