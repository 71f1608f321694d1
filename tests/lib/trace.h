/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - helpers of tests with ptrace: start a tracee, wait for its stops, release it.
 */
#ifndef TESTS_TRACE_H
#define TESTS_TRACE_H

#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include "tap.h"

/* The system call ptrace(2), without the C library's change to the results of PEEK. */
static inline long trace(long request, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, request, (long)pid, addr, data);
}

/* Starts a child that is traced and stopped by SIGSTOP at the beginning of @body. */
static inline pid_t tracee(void (*body)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		if (trace(PTRACE_TRACEME, 0, 0, 0))
			_exit(99);
		raise(SIGSTOP);
		body();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	return pid;
}

/* Waits for the next stop or the end of the tracee; the status is that of waitpid(). */
static inline int trace_wait(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, __WALL), pid);
	return status;
}

#define TRACE_STOPPED(sig)	((sig) << 8 | 0x7f)
#define TRACE_EVENT(event)	((SIGTRAP | (event) << 8) << 8 | 0x7f)
#define TRACE_CALL		TRACE_STOPPED(SIGTRAP | 0x80)

/* Continues the tracee by @request with signal @sig, and returns its next event. */
static inline int trace_go(long request, pid_t pid, int sig)
{
	CHECK_EQ(trace(request, pid, 0, sig), 0);
	return trace_wait(pid);
}

/* Lets the tracee run to its end, and returns its status. */
static inline int trace_end(pid_t pid)
{
	int status;

	for (;;) {
		status = trace_go(PTRACE_CONT, pid, 0);
		if (!WIFSTOPPED(status))
			return status;
	}
}

static inline struct user_regs_struct trace_regs(pid_t pid)
{
	struct user_regs_struct regs;

	CHECK_EQ(trace(PTRACE_GETREGS, pid, 0, (unsigned long)&regs), 0);
	return regs;
}

static inline void trace_set_regs(pid_t pid, const struct user_regs_struct *regs)
{
	CHECK_EQ(trace(PTRACE_SETREGS, pid, 0, (unsigned long)regs), 0);
}

static inline unsigned long trace_peek(pid_t pid, unsigned long addr)
{
	unsigned long word;

	CHECK_EQ(trace(PTRACE_PEEKDATA, pid, addr, (unsigned long)&word), 0);
	return word;
}

/* The message of an event stop: a process or an exit status. */
static inline unsigned long trace_event_message(pid_t pid)
{
	unsigned long message;

	CHECK_EQ(trace(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&message), 0);
	return message;
}

/* The body of a tracee that forks a child and waits for the child. */
static inline void trace_forks(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	_exit(waitpid(pid, &status, 0) == pid && status == 7 << 8 ? 0 : 1);
}

/* The field TracerPid of /proc/PID/status. */
static inline pid_t tracer_of(pid_t pid)
{
	char path[64], line[256];
	int tracer = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "TracerPid: %d", &tracer);
	fclose(f);
	return tracer;
}

#endif
