/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs: starting, ending, back-off. See init.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "init.h"

#define SECOND_NS	1000000000ll
#define LONG_LIFE_NS	(10 * SECOND_NS)	/* after such a long life it is restarted at once */
#define MAX_BACKOFF	5			/* 2^5 s */
#define STATUS_FD	3

void say(const char *fmt, ...)
{
	static int fd = -1;
	char line[256] = "init: ";
	va_list args;
	int n;

	if (fd < 0)
		fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	va_start(args, fmt);
	n = 6 + vsnprintf(line + 6, sizeof(line) - 6, fmt, args);
	va_end(args);
	/* An error is ignored: there is no other place for the message. */
	if (fd >= 0)
		(void)!write(fd, line, n < (int)sizeof(line) ? n : (int)sizeof(line) - 1);
}

int64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

/* In the child: restores the signal settings that init has changed for itself. */
static void restore_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child(const struct job *job, int status_pipe)
{
	char number[4];

	restore_signals();
	if (status_pipe >= 0) {
		/* dup2 onto the same number would keep close-on-exec. */
		if (status_pipe == STATUS_FD)
			fcntl(status_pipe, F_SETFD, 0);
		else
			dup2(status_pipe, STATUS_FD);
		snprintf(number, sizeof(number), "%d", STATUS_FD);
		setenv("STATUS_FD", number, 1);
	}
	job->become(job);
	say("cannot run %s: %s", job->path, strerror(errno));
	_exit(127);
}

static void plan_restart(struct job *job)
{
	int64_t now = monotonic_ns();

	if (now - job->started >= LONG_LIFE_NS)
		job->failures = 0;
	job->restart_at = now;
	/* The first restart is immediate, the next ones wait 1, 2, 4 ... seconds. */
	if (job->failures) {
		job->restart_at += SECOND_NS << (job->failures - 1);
		say("%s starts again in %d s", job->name, 1 << (job->failures - 1));
	}
	if (job->failures <= MAX_BACKOFF)
		job->failures++;
}

bool job_start(struct job *job)
{
	int ends[2] = { -1, -1 };
	pid_t pid;

	if (job->is_server && pipe2(ends, O_CLOEXEC) < 0)
		ends[0] = ends[1] = -1;
	job->started = monotonic_ns();
	pid = fork();
	if (pid == 0)
		child(job, ends[1]);
	if (ends[1] >= 0)
		close(ends[1]);
	if (job->status_fd >= 0)
		close(job->status_fd);
	job->status_fd = ends[0];
	if (pid < 0) {
		say("cannot start %s: %s", job->name, strerror(errno));
		plan_restart(job);
		return false;
	}
	job->pid = pid;
	job->restart_at = NEVER;
	return true;
}

/* Neither a shell that exited normally nor a process that was killed by a user is a failure. */
static bool is_failure(const struct job *job, int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGTERM;
	return job->is_server || WEXITSTATUS(status) == 127;
}

void job_ended(struct job *job, int status)
{
	job->pid = 0;
	if (job->is_optional && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;			/* not planned: restart_at stays NEVER */
	if (WIFSIGNALED(status))
		say("%s was killed by signal %d (%s)", job->name, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (job->is_server)
		say("%s ended with status %d", job->name, WEXITSTATUS(status));
	if (!is_failure(job, status))
		job->failures = 0;
	plan_restart(job);
}

bool job_wait_mounted(struct job *job)
{
	char byte;
	ssize_t n;

	if (job->status_fd < 0)
		return false;
	do
		n = read(job->status_fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	close(job->status_fd);
	job->status_fd = -1;
	return n == 1;
}
