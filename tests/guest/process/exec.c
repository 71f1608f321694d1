/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec.c - the replacement of a process's program: the arguments and the state that the new program gets, and failures,
 * which change no state. The suite executes itself: the parts that run in the new program are at the end.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "shared.h"
#include "tap.h"
#include "timing.h"

#define HEADERS 512		/* bytes at the start of a program that hold its headers */

extern char **environ;
static const char *self;		/* path of this program */

/* Runs this program again with "--part NAME"; returns the exit status. */
static int run_part(const char *name, char *const env[])
{
	char *argv[] = { (char *)self, "--part", (char *)name, "with two words", NULL };
	int status;
	pid_t child = fork();

	if (child == 0) {
		execve(self, argv, env);
		_exit(126);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void spawned_program_runs(void)
{
	char *argv[] = { (char *)self, "--part", "status-33", NULL };
	int status;
	pid_t child;

	CHECK_EQ(posix_spawn(&child, self, NULL, NULL, argv, environ), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 33);
	CHECK_EQ(posix_spawn(&child, "/no/such/program", NULL, NULL, argv, environ), ENOENT);
}

static void program_gets_arguments_and_environment(void)
{
	char *env[] = { "COLOUR=blue", "EMPTY=", NULL };

	CHECK_EQ(run_part("arguments", env), 0);
}

static void ignore_it(int sig)
{
}

static void program_starts_with_the_signal_state_of_exec(void)
{
	sigset_t set;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, ignore_it);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_EQ(run_part("signals", environ), 0);
}

static void close_on_exec_closes(void)
{
	CHECK_EQ(fcntl(STDERR_FILENO, F_DUPFD, 50), 50);
	CHECK_EQ(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 51), 51);
	CHECK_EQ(run_part("descriptors", environ), 0);
	CHECK_EQ(fcntl(51, F_GETFD), FD_CLOEXEC);
}

static void failed_exec_changes_nothing(void)
{
	char *argv[] = { "x", NULL };
	static char big[200000];
	char *huge[] = { big, NULL };

	CHECK_ERR(execve("/no/such/file", argv, environ), ENOENT);
	CHECK_ERR(execve("", argv, environ), ENOENT);
	CHECK_ERR(execve("/", argv, environ), EACCES);
	CHECK_ERR(syscall(SYS_execve, 16, argv, environ), EFAULT);
	CHECK_ERR(syscall(SYS_execve, self, 16, environ), EFAULT);
	memset(big, 'a', sizeof(big) - 1);
	CHECK_ERR(execve(self, huge, environ), E2BIG);
	CHECK_EQ(run_part("status-33", environ), 33);
}

static int write_file(const char *path, const char *text, size_t n, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n)
		return -1;
	fchmod(fd, mode);
	return close(fd);
}

static void files_that_are_no_programs_are_refused(void)
{
	char *argv[] = { "x", NULL };
	static char elf[4096] = "\177ELF\002\001\001";

	CHECK_EQ(write_file("/tmp/exec-text", "hello\n", 6, 0755), 0);
	CHECK_ERR(execve("/tmp/exec-text", argv, environ), ENOEXEC);
	CHECK_EQ(write_file("/tmp/exec-noexec", "#!/bin/sh\n", 10, 0644), 0);
	CHECK_ERR(execve("/tmp/exec-noexec", argv, environ), EACCES);
	CHECK_EQ(write_file("/tmp/exec-elf", elf, sizeof(elf), 0755), 0);
	CHECK_ERR(execve("/tmp/exec-elf", argv, environ), ENOEXEC);
	CHECK_EQ(write_file("/tmp/exec-loop", "#!/tmp/exec-loop\n", 17, 0755), 0);
	CHECK_ERR(execve("/tmp/exec-loop", argv, environ), ELOOP);
	unlink("/tmp/exec-text");
	unlink("/tmp/exec-noexec");
	unlink("/tmp/exec-elf");
	unlink("/tmp/exec-loop");
}

/*
 * Replaces the program in @image by a program that exits with status 33 at its entry.  All its other bytes
 * are breakpoints: a damaged header can make the program begin anywhere, and the program ends there without
 * a system call.
 */
static void make_harmless(char *image, size_t size)
{
	static const char exit_33[] = "\xb8\xe7\0\0\0\xbf\x21\0\0\0\x0f\x05"; /* exit_group(33) */
	const Elf64_Ehdr *header = (void *)image;
	const Elf64_Phdr *segment = (void *)(image + header->e_phoff);

	memset(image + HEADERS, 0xcc, size - HEADERS);
	for (int i = 0; i < header->e_phnum; i++) {
		size_t into = header->e_entry - segment[i].p_vaddr;

		if (segment[i].p_type == PT_LOAD && into < segment[i].p_filesz)
			memcpy(image + segment[i].p_offset + into, exit_33, sizeof(exit_33) - 1);
	}
}

/* Writes the program, runs it, and returns its status in the format of waitpid(). */
static int run_image(const char *image, size_t size)
{
	char *argv[] = { "x", NULL };
	int status;
	pid_t child;

	CHECK_EQ(write_file("/tmp/exec-fuzz", image, size, 0755), 0);
	child = fork();
	if (child == 0) {
		execve("/tmp/exec-fuzz", argv, environ);
		_exit(126);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	return status;
}

/* The headers of a program get random changes: the kernel refuses or runs the program, and survives. */
static void broken_elf_headers_do_no_harm(void)
{
	static char image[1 << 20];
	unsigned long seed = tap_seed() * 2654435761u + 1;
	int in = open(self, O_RDONLY);
	ssize_t size = read(in, image, sizeof(image));

	CHECK(size > HEADERS);
	make_harmless(image, size);
	CHECK_EQ(WEXITSTATUS(run_image(image, size)), 33);
	for (int round = 0; round < 30; round++) {
		char saved[HEADERS];

		memcpy(saved, image, sizeof(saved));
		for (int n = 0; n < 3; n++) {
			seed = seed * 6364136223846793005ul + 1442695040888963407ul;
			image[16 + (seed >> 33) % 400] = seed >> 57;
		}
		run_image(image, size);
		memcpy(image, saved, sizeof(saved));
	}
	unlink("/tmp/exec-fuzz");
	CHECK_EQ(run_part("status-33", environ), 33);
}

static void script_runs_by_its_interpreter(void)
{
	char text[256];
	int status;
	pid_t child;

	snprintf(text, sizeof(text), "#! %s --part script \nrest is not looked at\n", self);
	CHECK_EQ(write_file("/tmp/exec-script", text, strlen(text), 0755), 0);
	child = fork();
	if (child == 0) {
		execl("/tmp/exec-script", "ignored", "first", "second", (char *)NULL);
		_exit(126);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	unlink("/tmp/exec-script");
}

/* A program, and the interpreter of a script, are looked up below the root of the process that executes them. */
static void programs_are_found_below_the_root_of_the_process(void)
{
	char dir[] = "/tmp/exec.XXXXXX", *argv[] = { "x", "--part", "status-33", NULL };
	char *script[] = { "x", NULL };
	static char image[1 << 20];
	int in = open(self, O_RDONLY), status;
	ssize_t size = read(in, image, sizeof(image));
	pid_t child;

	CHECK(mkdtemp(dir));
	CHECK_EQ(chdir(dir), 0);
	CHECK_EQ(write_file("inside", image, size, 0755), 0);
	CHECK_EQ(write_file("script", "#! /inside --part\n", 18, 0755), 0);
	for (int i = 0; i < 2; i++) {
		child = fork();
		if (child == 0) {
			if (chroot("."))
				_exit(125);
			CHECK_ERR(execve(self, argv, environ), ENOENT);
			if (i == 0)
				execve("/inside", argv, environ);
			execve("/script", script, environ);
			_exit(126);
		}
		CHECK_EQ(waitpid(child, &status, 0), child);
		/* run_as_part() returns 99 for the script, because the script's own name is not the name of a part. */
		CHECK_EQ(WEXITSTATUS(status), i == 0 ? 33 : 99);
	}
	unlink("inside");
	unlink("script");
	rmdir(dir);
}

static void proc_self_exe_is_the_program(void)
{
	char *argv[] = { "x", "--part", "status-33", NULL };
	int status;
	pid_t child = fork();

	if (child == 0) {
		execve("/proc/self/exe", argv, environ);
		_exit(126);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 33);
}

static void child_cannot_be_moved_after_exec(void)
{
	char *argv[] = { (char *)self, "--part", "sleep", NULL };
	volatile int *moved = shared_page();
	pid_t child = fork();

	if (child == 0) {
		while (!*moved)
			sched_yield();
		execve(self, argv, environ);
		_exit(126);
	}
	CHECK_EQ(setpgid(child, 0), 0);
	CHECK_EQ(setpgid(child, getpgrp()), 0);
	*moved = 1;
	while (setpgid(child, child) == 0 && setpgid(child, getpgrp()) == 0)
		sched_yield();
	CHECK_EQ(errno, EACCES);
	kill(child, SIGKILL);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

/* ---- the parts that run after exec ------------------------------------------------------- */

static int part_arguments(int argc, char **argv)
{
	if (argc != 4 || strcmp(argv[3], "with two words"))
		return 1;
	if (!environ[0] || strcmp(environ[0], "COLOUR=blue") || strcmp(environ[1], "EMPTY=") || environ[2])
		return 2;
	return ((uintptr_t)__builtin_frame_address(0) & 15) ? 3 : 0;
}

static int part_signals(void)
{
	struct sigaction sa;
	sigset_t set;

	sigaction(SIGUSR1, NULL, &sa);
	if (sa.sa_handler != SIG_IGN)
		return 1;
	sigaction(SIGUSR2, NULL, &sa);
	if (sa.sa_handler != SIG_DFL)
		return 2;
	sigprocmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, SIGHUP) ? 0 : 3;
}

static int part_descriptors(void)
{
	if (fcntl(50, F_GETFD) != 0)
		return 1;
	return fcntl(51, F_GETFD) == -1 && errno == EBADF ? 0 : 2;
}

static int run_as_part(int argc, char **argv)
{
	if (!strcmp(argv[2], "status-33"))
		return 33;
	if (!strcmp(argv[2], "arguments"))
		return part_arguments(argc, argv);
	if (!strcmp(argv[2], "signals"))
		return part_signals();
	if (!strcmp(argv[2], "descriptors"))
		return part_descriptors();
	if (!strcmp(argv[2], "sleep"))
		for (;;)
			pause();
	return 99;
}

/* The open of a program does not wait at a FIFO, does not take a terminal and does not read a device. */
static void only_regular_files_are_opened(void)
{
	static const char *const special[] = {
		"fifo", "/dev/null", "/dev/tty", "/dev/ttyS0", "/dev", "/proc" };
	char dir[] = "/tmp/exec.XXXXXX", script[64];

	CHECK(mkdtemp(dir));
	CHECK_EQ(chdir(dir), 0);
	CHECK_EQ(mkfifo("fifo", 0777), 0);
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		if (access(special[i], F_OK))
			continue;
		CHECK_ERR(execl(special[i], special[i], NULL), EACCES);
		int fd = open("script", O_WRONLY | O_CREAT | O_TRUNC, 0755);
		int n = snprintf(script, sizeof(script), "#!%s\n", special[i]);

		CHECK_EQ(write(fd, script, n), n);
		close(fd);
		CHECK_ERR(execl("script", "script", NULL), EACCES);
	}
	/* The open does not wait either if a link of /proc leads to an end of a FIFO that is open. */
	int fd = open("fifo", O_RDWR);

	snprintf(script, sizeof(script), "/proc/self/fd/%d", fd);
	CHECK_ERR(execl(script, script, NULL), EACCES);
}

int main(int argc, char **argv)
{
	self = argv[0];
	/* In the first line of a script, all text after the interpreter's name is one argument. */
	if (argc == 5 && !strcmp(argv[1], "--part script"))
		return strcmp(argv[2], "/tmp/exec-script") || strcmp(argv[3], "first") || strcmp(argv[4], "second");
	if (argc >= 3 && !strcmp(argv[1], "--part"))
		return run_as_part(argc, argv);
	TAP_TEST(spawned_program_runs);
	TAP_TEST(program_gets_arguments_and_environment);
	TAP_TEST(program_starts_with_the_signal_state_of_exec);
	TAP_TEST(close_on_exec_closes);
	TAP_TEST(failed_exec_changes_nothing);
	TAP_TEST(files_that_are_no_programs_are_refused);
	TAP_TEST(broken_elf_headers_do_no_harm);
	TAP_TEST(script_runs_by_its_interpreter);
	TAP_TEST(programs_are_found_below_the_root_of_the_process);
	TAP_TEST(proc_self_exe_is_the_program);
	TAP_TEST(child_cannot_be_moved_after_exec);
	TAP_TEST(only_regular_files_are_opened);
	return tap_done();
}
