/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_task.h - children that sleep in a certain function, for tests of live patching.
 */
#ifndef TESTS_KLP_TASK_H
#define TESTS_KLP_TASK_H

#include <sched.h>
#include <sys/prctl.h>
#include "klp.h"

static inline pid_t start_child(void (*body)(void *), void *arg)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body(arg);
		_exit(0);
	}
	return pid;
}

static inline void end_child(pid_t pid)
{
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

static inline char task_letter(pid_t pid)
{
	char path[64], buf[512], *paren;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	slurp(path, buf, sizeof(buf));
	paren = strrchr(buf, ')');
	return paren ? paren[2] : '?';
}

static inline int wait_status(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Reads @path once; the exit status is 2 if the read was interrupted, 1 if it failed. */
static inline void read_once(void *path)
{
	char buf[64];
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, buf, sizeof(buf)) <= 0)
		_exit(errno == EINTR ? 2 : 1);
}

/* Waits until @pid sleeps with @function on its stack. */
static inline void wait_asleep_in(pid_t pid, const char *function)
{
	char path[64], stack[2048];

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	while (task_letter(pid) != 'S' || !strstr(slurp(path, stack, sizeof(stack)), function))
		nap(500);
}

/* Starts a child that reads @path, and waits until the child sleeps in @function. */
static inline pid_t start_reader(const char *path, const char *function)
{
	pid_t pid = start_child(read_once, (void *)path);

	wait_asleep_in(pid, function);
	return pid;
}

#endif
