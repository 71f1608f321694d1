/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity.c - the identity of a process: process groups and sessions, user and group numbers,
 * names.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include "tap.h"

static void session_and_group_rules(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERR(setsid(), EPERM);
		CHECK_ERR(setpgid(0, 0), EPERM);
		pid_t leaf = fork();
		if (leaf == 0) {
			CHECK_EQ(getpgrp(), getppid());
			CHECK_ERR(setpgid(0, 29999), EPERM);
			CHECK_EQ(setpgid(0, 0), 0);
			CHECK_EQ(getpgrp(), getpid());
			CHECK_EQ(setpgid(0, getppid()), 0);
			CHECK_ERR(setpgid(getppid(), 0), ESRCH);
			_exit(0);
		}
		CHECK_EQ(waitpid(leaf, &status, 0), leaf);
		_exit(WEXITSTATUS(status));
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_ERR(setpgid(0, -1), EINVAL);
	CHECK_ERR(getpgid(0x3fffffff), ESRCH);
}

static void ids_follow_the_rules_of_root_and_others(void)
{
	uid_t r, e, s;
	gid_t groups[3] = { 7, 8, 9 }, got[8];

	CHECK_EQ(setgroups(3, groups), 0);
	CHECK_EQ(getgroups(0, NULL), 3);
	CHECK_EQ(getgroups(8, got), 3);
	CHECK_EQ(got[1], 8);
	CHECK_ERR(getgroups(2, got), EINVAL);
	CHECK_EQ(setresgid(100, 101, 102), 0);
	CHECK_EQ(setresuid(1000, 1001, 1002), 0);
	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK(r == 1000 && e == 1001 && s == 1002);
	CHECK_EQ(getuid(), 1000);
	CHECK_EQ(geteuid(), 1001);
	CHECK_ERR(setuid(0), EPERM);
	CHECK_ERR(setgroups(0, NULL), EPERM);
	CHECK_EQ(seteuid(1002), 0);
	CHECK_EQ(geteuid(), 1002);
	CHECK_EQ(setuid(1000), 0);
	CHECK_EQ(geteuid(), 1000);
	CHECK_ERR(setresuid(-1, 5, -1), EPERM);
	CHECK_EQ(setgid(102), 0);
	CHECK_EQ(getegid(), 102);
	CHECK_EQ(getgid(), 100);
	CHECK_ERR(sethostname("x", 1), EPERM);
}

static void root_gives_up_all_ids_with_setuid(void)
{
	uid_t r, e, s;

	CHECK_EQ(setuid(1000), 0);
	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK(r == 1000 && e == 1000 && s == 1000);
	CHECK_ERR(setuid(0), EPERM);
}

static void names_and_numbers_of_the_system(void)
{
	struct utsname names;
	char name[16] = "";
	unsigned char random[64] = { 0 };
	int zeros = 0;

	CHECK_EQ(prctl(PR_SET_NAME, "a name that is too long"), 0);
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK_STR(name, "a name that is ");
	CHECK_EQ(sethostname("testhost", 8), 0);
	CHECK_EQ(uname(&names), 0);
	CHECK_STR(names.nodename, "testhost");
	CHECK_EQ(sethostname("neurath", 7), 0);
	umask(022);
	CHECK_EQ(umask(027), 022);
	CHECK_EQ(umask(022), 027);
	CHECK_EQ(getrandom(random, sizeof(random), GRND_NONBLOCK), sizeof(random));
	for (unsigned i = 0; i < sizeof(random); i++)
		zeros += !random[i];
	CHECK(zeros < 8);
	CHECK(getauxval(AT_RANDOM) && getauxval(AT_PAGESZ) == 4096);
}

int main(void)
{
	TAP_TEST(session_and_group_rules);
	TAP_TEST(ids_follow_the_rules_of_root_and_others);
	TAP_TEST(root_gives_up_all_ids_with_setuid);
	TAP_TEST(names_and_numbers_of_the_system);
	return tap_done();
}
