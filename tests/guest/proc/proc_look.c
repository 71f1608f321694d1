/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc_look.c - the kernel checks access to a process through /proc for the program that the process runs
 * at that moment. A user reads all the time while one of the user's processes executes set-user-id programs,
 * and must not see data of these programs.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include "tap.h"

#define PROGRAM	"/tmp/proc_look_setuid"
#define USER	1000
#define EXECS	30

/* Installs a copy of this program that runs with the rights of root for every user. */
static void install_program(void)
{
	static char bytes[65536];
	int from = open("/proc/self/exe", O_RDONLY), to = open(PROGRAM, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t n;

	CHECK(from >= 0 && to >= 0);
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		CHECK_EQ(write(to, bytes, n), n);
	CHECK_EQ(n, 0);
	CHECK_EQ(close(to), 0);
	CHECK_EQ(chmod(PROGRAM, 04755), 0);
	close(from);
}

static void become_user(void)
{
	CHECK_EQ(setresgid(USER, USER, USER), 0);
	CHECK_EQ(setresuid(USER, USER, USER), 0);
}

/* Starts a process of the user. It executes the program when it reads a line, and ends at the next line. */
static pid_t start_program(int *go)
{
	int pipes[2];
	pid_t pid;

	CHECK_EQ(pipe(pipes), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		/* The ids of the child have changed, so the user may read its data only after an exec. */
		dup2(pipes[0], STDIN_FILENO);
		close(pipes[1]);
		execl("/bin/sh", "sh", "-c", "read line; exec " PROGRAM " wait", NULL);
		_exit(127);
	}
	close(pipes[0]);
	*go = pipes[1];
	return pid;
}

/* Returns AT_SECURE of the process, or -1 if the user may not read the file. */
static long secure_of(pid_t pid)
{
	Elf64_auxv_t entries[64];
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, entries, sizeof(entries));
	close(fd);
	for (long i = 0; i < n / (long)sizeof(entries[0]); i++)
		if (entries[i].a_type == AT_SECURE)
			return entries[i].a_un.a_val;
	return -1;
}

static void watch_one_exec(long *looks)
{
	int go, status;
	pid_t pid = start_program(&go);
	long secure;

	while (secure_of(pid) < 0)
		sched_yield();
	CHECK_EQ(write(go, "\n", 1), 1);
	/* The user may see the old image for a while, and then sees nothing. */
	while ((secure = secure_of(pid)) == 0)
		++*looks;
	CHECK_EQ(secure, -1);
	CHECK_EQ(write(go, "\n", 1), 1);
	close(go);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void memory_of_a_set_user_id_program_is_never_shown(void)
{
	long looks = 0;

	become_user();
	for (int i = 0; i < EXECS; i++)
		watch_one_exec(&looks);
	tap_line("# %ld looks at the old images", looks);
}

/* Other files about the process are checked as well; the example is the path of its program. */
static void watch_path_of_one_exec(void)
{
	int go, status;
	pid_t pid = start_program(&go);
	char path[64], program[64] = "";
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	while (secure_of(pid) < 0)
		sched_yield();
	CHECK(readlink(path, program, sizeof(program) - 1) > 0);
	CHECK_EQ(write(go, "\n", 1), 1);
	/* The user may see the old path for a while, and then sees nothing. */
	while ((n = readlink(path, program, sizeof(program) - 1)) > 0) {
		program[n] = '\0';
		CHECK(strcmp(program, PROGRAM) != 0);
	}
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(write(go, "\n", 1), 1);
	close(go);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void path_of_a_set_user_id_program_is_never_shown(void)
{
	become_user();
	for (int i = 0; i < EXECS; i++)
		watch_path_of_one_exec();
}

/* The work of the set-user-id program: checks that it has the rights of root, and waits for the line that ends it. */
static int be_the_program(void)
{
	char byte;

	return geteuid() == 0 && read(STDIN_FILENO, &byte, 1) == 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "wait") == 0)
		return be_the_program();
	TAP_TEST_INLINE(install_program);
	TAP_TEST(memory_of_a_set_user_id_program_is_never_shown);
	TAP_TEST(path_of_a_set_user_id_program_is_never_shown);
	tap_result(unlink(PROGRAM) == 0, "program_is_removed", "");
	return tap_done();
}
