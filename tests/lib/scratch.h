/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scratch.h - an empty directory for a test, and small files in it.  Directory and files stay there.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <fcntl.h>
#include "tap.h"

static char scratch_dir[64];

/* Makes an empty directory for the test and enters it. */
static inline void enter_empty_directory(void)
{
	strcpy(scratch_dir, "/tmp/files.XXXXXX");
	CHECK(mkdtemp(scratch_dir));
	CHECK_EQ(chdir(scratch_dir), 0);
}

static inline int make_file(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static inline void expect_contents(const char *name, const char *text)
{
	char buf[256] = "";
	int fd = open(name, O_RDONLY);

	CHECK(fd >= 0);
	CHECK_EQ(read(fd, buf, sizeof(buf) - 1), strlen(text));
	CHECK_STR(buf, text);
	close(fd);
}

#endif
