/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What servers need of the world besides their port: the log, clocks, the word to init. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <srv.h>

void srv_log(const struct srv *srv, const char *fmt, ...)
{
	static int fd = -1;
	char line[256];
	va_list args;
	int n;

	if (fd < 0)
		fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	n = snprintf(line, sizeof(line), "%s: ", srv->name);
	va_start(args, fmt);
	n += vsnprintf(line + n, sizeof(line) - n, fmt, args);
	va_end(args);
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	/* No log, no message: there is nobody else to tell. */
	(void)!write(fd < 0 ? STDERR_FILENO : fd, line, n);
}

/* init passes the writing end of a pipe, named by STATUS_FD: one byte means "mounted". */
void srv_started(void)
{
	const char *value = getenv("STATUS_FD");
	int fd;

	if (!value)
		return;
	fd = atoi(value);
	(void)!write(fd, "", 1);
	close(fd);
	unsetenv("STATUS_FD");
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int64_t srv_now(void)
{
	return clock_ns(CLOCK_REALTIME);
}

int64_t srv_clock(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}
