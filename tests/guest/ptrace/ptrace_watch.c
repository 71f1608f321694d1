/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ptrace_watch.c - hardware breakpoints and watchpoints: a tracer writes the debug registers of a
 * stopped tracee (PTRACE_POKEUSER). The suite must also pass on Linux: a run on Linux tests the suite.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include "tap.h"

#define DEBUG_REGISTER(n)	(offsetof(struct user, u_debugreg) + (n) * sizeof(long))
/* DR7 bits of breakpoint @i: on for this task, condition @rw (0 execute, 1 write, 3 access), length code @len - 1. */
#define CONTROL(i, rw, len)	\
	(1ul << (2 * (i)) | (unsigned long)((rw) | ((len) - 1) << 2) << (16 + 4 * (i)))
#define EIGHT_BYTES	3		/* value of @len for 8 bytes: the length code is 2 */

#ifndef TRAP_HWBKPT
#define TRAP_HWBKPT 4
#endif

static volatile unsigned long watched[8] __attribute__((aligned(64)));
static volatile unsigned char sink;

static long poke(pid_t pid, int n, unsigned long value)
{
	return ptrace(PTRACE_POKEUSER, pid, (void *)DEBUG_REGISTER(n), (void *)value);
}

static unsigned long peek(pid_t pid, int n)
{
	errno = 0;
	return ptrace(PTRACE_PEEKUSER, pid, (void *)DEBUG_REGISTER(n), NULL);
}

/* Starts a tracee that stops, and runs @body when it is continued. */
static pid_t start(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		body();
		_exit(7);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	return pid;
}

/* Continues the tracee, checks that it stops with a trap of breakpoint @n, and returns its registers. */
static struct user_regs_struct expect_hit(pid_t pid, int n)
{
	struct user_regs_struct regs;
	siginfo_t info;
	int status;

	CHECK_EQ(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGTRAP);
	CHECK_EQ(ptrace(PTRACE_GETSIGINFO, pid, NULL, &info), 0);
	CHECK_EQ(info.si_code, TRAP_HWBKPT);
	CHECK_EQ(ptrace(PTRACE_GETREGS, pid, NULL, &regs), 0);
	CHECK_EQ((unsigned long)info.si_addr, regs.rip);
	CHECK_EQ(peek(pid, 6) & 15, 1 << n);
	CHECK_EQ(poke(pid, 6, 0), 0);
	return regs;
}

static void expect_end(pid_t pid)
{
	int status;

	CHECK_EQ(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 7);
}

static unsigned long watched_of(pid_t pid, int i)
{
	return ptrace(PTRACE_PEEKDATA, pid, (void *)&watched[i], NULL);
}

/* ---- accesses that stop the tracee --------------------------------------------------------- */

static void write_some(void)
{
	sink = watched[0];		/* a read */
	watched[1] = 1;			/* the next word */
	watched[0] = 2;
	watched[0] = 3;
	*((volatile unsigned char *)&watched[0] + 7) = 4;
}

static void writes_are_caught_after_they_happened(void)
{
	pid_t pid = start(write_some);

	CHECK_EQ(poke(pid, 0, (unsigned long)&watched[0]), 0);
	CHECK_EQ(poke(pid, 7, CONTROL(0, 1, EIGHT_BYTES)), 0);
	expect_hit(pid, 0);
	CHECK_EQ(watched_of(pid, 0), 2);
	CHECK_EQ(watched_of(pid, 1), 1);
	expect_hit(pid, 0);
	CHECK_EQ(watched_of(pid, 0), 3);
	expect_hit(pid, 0);
	expect_end(pid);
}

static void read_some(void)
{
	sink = watched[2];
	watched[2] = 1;
}

static void reads_are_caught_too(void)
{
	pid_t pid = start(read_some);

	CHECK_EQ(poke(pid, 3, (unsigned long)&watched[2]), 0);
	CHECK_EQ(poke(pid, 7, CONTROL(3, 3, 1)), 0);
	expect_hit(pid, 3);
	CHECK_EQ(watched_of(pid, 2), 0);
	expect_hit(pid, 3);
	CHECK_EQ(watched_of(pid, 2), 1);
	expect_end(pid);
}

static __attribute__((noinline)) void target(void)
{
	__asm__ volatile("" : : : "memory");
	watched[3]++;
}

static void call_target(void)
{
	target();
	target();
}

static void a_breakpoint_stops_before_the_instruction_and_execution_continues(void)
{
	pid_t pid = start(call_target);

	CHECK_EQ(poke(pid, 1, (unsigned long)target), 0);
	CHECK_EQ(poke(pid, 7, CONTROL(1, 0, 1)), 0);
	CHECK_EQ(expect_hit(pid, 1).rip, (unsigned long)target);
	CHECK_EQ(watched_of(pid, 3), 0);
	CHECK_EQ(expect_hit(pid, 1).rip, (unsigned long)target);
	CHECK_EQ(watched_of(pid, 3), 1);
	expect_end(pid);
}

static void a_disabled_breakpoint_does_not_stop_the_tracee(void)
{
	pid_t pid = start(write_some);

	CHECK_EQ(poke(pid, 0, (unsigned long)&watched[0]), 0);
	CHECK_EQ(poke(pid, 7, CONTROL(0, 1, 1)), 0);
	expect_hit(pid, 0);
	CHECK_EQ(poke(pid, 7, 0), 0);
	CHECK_EQ(peek(pid, 7), 0);
	CHECK_EQ(peek(pid, 0), (unsigned long)&watched[0]);
	expect_end(pid);
}

/* ---- breakpoints belong to one task -------------------------------------------------------- */

static void fork_and_write(void)
{
	int status;

	if (fork() == 0) {
		watched[0] = 9;
		_exit(watched[0] == 9 ? 0 : 1);
	}
	wait(&status);
	if (status)
		_exit(1);
}

static void accesses_of_other_tasks_do_not_stop_them(void)
{
	pid_t pid = start(fork_and_write), bystander = fork();

	if (bystander == 0)
		for (;;)
			watched[0]++;
	CHECK_EQ(poke(pid, 0, (unsigned long)&watched[0]), 0);
	CHECK_EQ(poke(pid, 7, CONTROL(0, 1, 1)), 0);
	watched[0] = 5;
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	for (;;) {
		int status;

		CHECK_EQ(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			CHECK_EQ(WEXITSTATUS(status), 7);
			break;
		}
		CHECK_EQ(WSTOPSIG(status), SIGCHLD);
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	}
	CHECK_EQ(kill(bystander, 0), 0);
	CHECK_EQ(waitpid(bystander, NULL, WNOHANG), 0);
	kill(bystander, SIGKILL);
}

/* The kernel accesses the watched word for the program. This neither stops the program nor harms the kernel. */
static void read_into_watched(void)
{
	int fd = open("/dev/zero", O_RDONLY);

	for (int i = 0; i < 100; i++)
		if (read(fd, (void *)watched, sizeof(watched)) != sizeof(watched))
			_exit(1);
	watched[0] = 1;
}

static void writes_of_the_kernel_do_not_stop_the_tracee(void)
{
	pid_t pid = start(read_into_watched);

	CHECK_EQ(poke(pid, 0, (unsigned long)&watched[0]), 0);
	CHECK_EQ(poke(pid, 7, CONTROL(0, 1, 1)), 0);
	/* The status may have bits of accesses in the kernel, but the stop must come from an access of the program. */
	CHECK_EQ(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	CHECK_EQ(watched_of(pid, 0), 1);
	expect_end(pid);
}

static void a_new_program_starts_without_breakpoints(void)
{
	pid_t pid;
	int status;

	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execl("/proc/self/exe", "ptrace_watch", "--write", NULL);
		_exit(1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(poke(pid, 0, (unsigned long)&watched[0]), 0);
	CHECK_EQ(poke(pid, 7, CONTROL(0, 1, 1)), 0);
	CHECK_EQ(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	CHECK_EQ(peek(pid, 7), 0);
	expect_end(pid);
}

/* ---- values that are refused --------------------------------------------------------------- */

static void only_safe_breakpoints_can_be_set(void)
{
	pid_t pid = start(write_some);

	CHECK_EQ(peek(pid, 0) | peek(pid, 7) | (peek(pid, 6) & 15), 0);
	CHECK_ERR(poke(pid, 0, 0xffffffff80000000ul), EINVAL);
	CHECK_ERR(poke(pid, 4, 0), EIO);
	CHECK_ERR(poke(pid, 5, 0), EIO);
	CHECK_EQ(poke(pid, 0, (unsigned long)&watched[0] + 1), 0);
	CHECK_ERR(poke(pid, 7, CONTROL(0, 1, 4)), EINVAL);	/* not aligned */
	CHECK_EQ(peek(pid, 7), 0);
	CHECK_ERR(poke(pid, 7, CONTROL(0, 2, 1)), EINVAL);	/* input and output */
	CHECK_ERR(poke(pid, 7, CONTROL(0, 0, 4)), EINVAL);	/* execution has length 1 */
	CHECK_ERR(ptrace(PTRACE_POKEUSER, pid, (void *)(DEBUG_REGISTER(0) + 1), NULL), EIO);
	CHECK_ERR(ptrace(PTRACE_POKEUSER, pid, (void *)DEBUG_REGISTER(8), NULL), EIO);
	CHECK_EQ(poke(pid, 0, 0), 0);
	expect_end(pid);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--write")) {
		write_some();
		return 7;
	}
	TAP_TEST(writes_are_caught_after_they_happened);
	TAP_TEST(reads_are_caught_too);
	TAP_TEST(a_breakpoint_stops_before_the_instruction_and_execution_continues);
	TAP_TEST(a_disabled_breakpoint_does_not_stop_the_tracee);
	TAP_TEST(accesses_of_other_tasks_do_not_stop_them);
	TAP_TEST(writes_of_the_kernel_do_not_stop_the_tracee);
	TAP_TEST(a_new_program_starts_without_breakpoints);
	TAP_TEST(only_safe_breakpoints_can_be_set);
	return tap_done();
}
