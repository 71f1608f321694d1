/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * asleep.h - waits until another process or thread sleeps in the call that a test made it do, by
 * the state letter in /proc.  A test that only pauses proves nothing on a slow machine.
 *
 * Only correct if the other task cannot sleep elsewhere on its way.  There is no time limit: a
 * task that never sleeps hangs the test, and the runner finds this.  Ends the test if there is no
 * such process.
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

/* Waits until @pid is in @function of the kernel, or one whose name begins so; for root. */
static inline void wait_in(pid_t pid, const char *function)
{
	char path[64], text[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	do {
		sched_yield();
		fd = open(path, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		n = read(fd, text, sizeof(text) - 1);
		CHECK(n >= 0);
		close(fd);
		text[n] = '\0';
	} while (!strstr(text, function));
}

/* The same, and a sleep that only SIGKILL or nothing ends also counts. */
static inline void wait_blocked(pid_t pid)
{
	char state;

	do {
		sched_yield();
		state = thread_state(pid, pid);
	} while (state != 'S' && state != 'D');
}

#endif
