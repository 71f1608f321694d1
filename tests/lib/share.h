/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share.h - helpers of the programs that test a shared folder. */
#ifndef TESTS_SHARE_H
#define TESTS_SHARE_H

#include <fcntl.h>
#include <sys/stat.h>
#include "tap.h"

#define TOP	"/host/guest"
#define MIB	(1u << 20)

static inline int make(const char *path, const char *text)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static inline void wait_ok(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

#endif
