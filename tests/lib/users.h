/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * users.h - runs parts of a test as the second user, student, and makes files and directories with
 * certain owners and modes.
 */
#ifndef TESTS_USERS_H
#define TESTS_USERS_H

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include "tap.h"

#define STUDENT	1000
#define LAB	100

static inline void become_student(void)
{
	gid_t lab = LAB;

	CHECK_EQ(setgroups(1, &lab), 0);
	CHECK_EQ(setresgid(STUDENT, STUDENT, STUDENT), 0);
	CHECK_EQ(setresuid(STUDENT, STUDENT, STUDENT), 0);
}

/* Runs @part as student in a child; if a CHECK fails there, the test fails. */
static inline void as_student(void (*part)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		become_student();
		part();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static inline void make_file(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
	CHECK_EQ(chown(path, uid, gid), 0);
	CHECK_EQ(chmod(path, mode), 0);
}

static inline void make_dir(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
	CHECK_EQ(chown(path, uid, gid), 0);
	CHECK_EQ(chmod(path, mode), 0);
}

static inline mode_t mode_of(const char *path)
{
	struct stat st;

	CHECK_EQ(stat(path, &st), 0);
	return st.st_mode & 07777;
}

#endif
