/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ptrace_family.c - children, threads and new programs of a tracee: which tasks are traced from their
 * start, and which stops report them to the tracer.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include "asleep.h"
#include "tap.h"
#include "threads.h"
#include "trace.h"

static void vforks(void)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0)
		_exit(7);
	_exit(waitpid(pid, &status, 0) == pid && status == 7 << 8 ? 0 : 1);
}

static void child_of_a_tracee_is_traced_from_its_birth(void)
{
	pid_t pid = tracee(trace_forks), child;

	CHECK_EQ(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK), 0);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_EVENT(PTRACE_EVENT_FORK));
	child = trace_event_message(pid);
	CHECK_EQ(trace_wait(child), TRACE_STOPPED(SIGSTOP));
	CHECK_EQ(tracer_of(child), getpid());
	/* The death of the child is reported to the tracer first, and then to the child's parent. */
	CHECK_EQ(trace_go(PTRACE_CONT, child, 0), 7 << 8);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGCHLD));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, SIGCHLD), 0);
}

static void vfork_has_two_events(void)
{
	pid_t pid = tracee(vforks), child;

	CHECK_EQ(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE |
						  PTRACE_O_TRACEEXIT), 0);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_EVENT(PTRACE_EVENT_VFORK));
	child = trace_event_message(pid);
	CHECK_EQ(trace_wait(child), TRACE_STOPPED(SIGSTOP));
	CHECK_EQ(trace_go(PTRACE_CONT, child, 0), TRACE_EVENT(PTRACE_EVENT_EXIT));
	CHECK_EQ(trace_event_message(child), 7 << 8);
	CHECK_EQ(trace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(trace_go(PTRACE_CONT, child, 0), 7 << 8);
	CHECK_EQ(trace_wait(pid), TRACE_EVENT(PTRACE_EVENT_VFORK_DONE));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGCHLD));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_EVENT(PTRACE_EVENT_EXIT));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), 0);
}

static void *ends(void *arg)
{
	return arg;
}

static void makes_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, ends, NULL);
	pthread_join(thread, NULL);
}

static void threads_are_tracees_of_their_own(void)
{
	pid_t pid = tracee(makes_a_thread), thread;
	int status;

	CHECK_EQ(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE), 0);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_EVENT(PTRACE_EVENT_CLONE));
	thread = trace_event_message(pid);
	CHECK_EQ(trace_wait(thread), TRACE_STOPPED(SIGSTOP));
	CHECK_EQ(thread_state(pid, thread), 't');
	CHECK_EQ(thread_state(pid, pid), 't');
	CHECK_EQ(trace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(trace_go(PTRACE_CONT, thread, 0), 0);		/* the thread exits */
	CHECK_ERR(waitpid(thread, &status, __WALL | WNOHANG), ECHILD);
	CHECK_EQ(trace_wait(pid), 0);
}

static void execs_in_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, sleep_for_ever, NULL);
	execl("/bin/true", "true", NULL);
}

static void exec_event_reports_the_new_program(void)
{
	pid_t pid = tracee(execs_in_a_thread), thread;

	CHECK_EQ(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE), 0);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_EVENT(PTRACE_EVENT_CLONE));
	thread = trace_event_message(pid);
	CHECK_EQ(trace_wait(thread), TRACE_STOPPED(SIGSTOP));
	CHECK_EQ(trace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(trace_wait(thread), 0);		/* the exec ended the stopped thread */
	CHECK_EQ(trace_wait(pid), TRACE_EVENT(PTRACE_EVENT_EXEC));
	CHECK_EQ(trace_event_message(pid), pid);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), 0);
}

int main(void)
{
	TAP_TEST(child_of_a_tracee_is_traced_from_its_birth);
	TAP_TEST(vfork_has_two_events);
	TAP_TEST(threads_are_tracees_of_their_own);
	TAP_TEST(exec_event_reports_the_new_program);
	return tap_done();
}
