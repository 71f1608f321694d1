/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Utilities of servers: the log, clocks, the message to init, permissions. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
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
	/* An error is ignored: there is no other place for the message. */
	(void)!write(fd < 0 ? STDERR_FILENO : fd, line, n);
}

/* init passes the write end of a pipe, named by STATUS_FD: one byte means "mounted". */
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

bool srv_in_group(const struct srv *srv, const struct port_request *req, uint32_t gid)
{
	return req->gid == gid || port_in_group(srv->port, req->tag, gid) == 1;
}

int srv_access(const struct srv *srv, const struct port_request *req,
	       const struct srv_rights *file, unsigned want)
{
	uint32_t mode = file->mode;

	/* root may execute a file with any execute bit. */
	if (req->uid == 0)
		return (want & 1) && !S_ISDIR(mode) && !(mode & 0111) ? -EACCES : 0;
	if (req->uid == file->uid)
		mode >>= 6;
	else if (((mode >> 3 ^ mode) & want) && srv_in_group(srv, req, file->gid))
		mode >>= 3;	/* if the group makes no difference the kernel is not asked */
	return (mode & want) == want ? 0 : -EACCES;
}

unsigned srv_open_wants(unsigned flags)
{
	static const unsigned char wants[] = { 4, 2, 6, 6 };

	if (flags & PORT_OPEN_EXEC)
		return 1;
	return wants[flags & O_ACCMODE] | (flags & O_TRUNC ? 2 : 0);
}
