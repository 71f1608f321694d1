/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * restart.c - restart_syscall: a sleep that was stopped continues with the remaining time; and
 * rt_tgsigqueueinfo: a signal that carries a value to one thread.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <time.h>
#include "asleep.h"
#include "trace.h"

#define STOPPED_NS	300000000L
#define LONG_S		1000

static void on_signal(int sig)
{
}

static int64_t ns_of(struct timespec t)
{
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* ---- restarted sleeps ----------------------------------------------------------------- */

/* A child that sleeps until a signal comes, and writes the remaining time into @to. */
static pid_t sleeper(int to)
{
	struct timespec want = { LONG_S, 0 }, left = { 0, 0 };
	pid_t pid = fork();
	int64_t ns;

	if (pid)
		return pid;
	signal(SIGUSR1, on_signal);
	CHECK_ERR(nanosleep(&want, &left), EINTR);
	ns = ns_of(left);
	CHECK_EQ(write(to, &ns, sizeof(ns)), sizeof(ns));
	_exit(0);
}

/* The time of the stop counts: the remaining time must be shorter by at least that time. */
static void a_stopped_sleep_continues_with_the_remaining_time(void)
{
	const struct timespec stopped = { 0, STOPPED_NS };
	int ends[2], status;
	int64_t left;
	pid_t pid;

	CHECK_EQ(pipe(ends), 0);
	pid = sleeper(ends[1]);
	wait_in(pid, "nanosleep");
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(nanosleep(&stopped, NULL), 0);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
	wait_in(pid, "restart_syscall");
	CHECK_EQ(kill(pid, SIGUSR1), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(read(ends[0], &left, sizeof(left)), sizeof(left));
	CHECK(left > 0 && left <= LONG_S * 1000000000LL - STOPPED_NS);
}

static void sleeps_long(void)
{
	const struct timespec t = { LONG_S, 0 };

	nanosleep(&t, NULL);
}

static long reg_of(pid_t pid, unsigned long at)
{
	long value;

	CHECK_EQ(trace(PTRACE_PEEKUSER, pid, at * 8, (unsigned long)&value), 0);
	return value;
}

/* A stop interrupts the sleep that @pid is about to begin or to continue. */
static void stop_asleep(pid_t pid, const char *where)
{
	CHECK_EQ(trace(PTRACE_SYSCALL, pid, 0, 0), 0);
	wait_in(pid, where);
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(trace_wait(pid), TRACE_CALL);
	CHECK_EQ(reg_of(pid, RAX), -516);	/* the call starts again from the restart block */
	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_STOPPED(SIGSTOP));
	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_CALL);
	CHECK_EQ(reg_of(pid, ORIG_RAX), SYS_restart_syscall);
}

static void the_restart_is_a_call_of_restart_syscall(void)
{
	pid_t pid = tracee(sleeps_long);

	CHECK_EQ(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD), 0);
	do {
		CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_CALL);
	} while (reg_of(pid, ORIG_RAX) != SYS_nanosleep && reg_of(pid, ORIG_RAX) != SYS_clock_nanosleep);
	stop_asleep(pid, "nanosleep");
	stop_asleep(pid, "restart_syscall");
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(trace_wait(pid), SIGKILL);
}

static void restart_syscall_fails_if_no_call_was_interrupted(void)
{
	struct timespec want = { LONG_S, 0 };
	int status;
	pid_t pid;

	CHECK_ERR(syscall(SYS_restart_syscall), EINTR);
	/* After a handler has run there is nothing to restart either: the sleep is over. */
	pid = fork();
	if (pid == 0) {
		signal(SIGUSR1, on_signal);
		CHECK_ERR(nanosleep(&want, NULL), EINTR);
		CHECK_ERR(syscall(SYS_restart_syscall), EINTR);
		_exit(0);
	}
	wait_in(pid, "nanosleep");
	CHECK_EQ(kill(pid, SIGUSR1), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- a signal for one thread ------------------------------------------------------------ */

static volatile int got_value, got_count;
static volatile pid_t got_by, got_from;

static void on_value(int sig, siginfo_t *info, void *context)
{
	got_value = info->si_value.sival_int;
	got_from = info->si_pid;
	got_by = gettid();
	got_count++;
}

static int queue_to(pid_t tgid, pid_t tid, int sig, int code, int value)
{
	siginfo_t info = { .si_signo = sig, .si_code = code, .si_pid = getpid(), .si_uid = getuid(),
			   .si_value.sival_int = value };

	return syscall(SYS_rt_tgsigqueueinfo, tgid, tid, sig, &info);
}

static sigset_t set_of(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return set;
}

struct second {
	pid_t tid;
	pthread_barrier_t begins, queued;
};

/* The signal is blocked in this thread; the thread takes two signals, in the order in which they were queued. */
static void *second_thread(void *arg)
{
	struct second *s = arg;
	sigset_t rt = set_of(SIGRTMIN);
	siginfo_t info;

	s->tid = gettid();
	pthread_barrier_wait(&s->begins);
	pthread_barrier_wait(&s->queued);
	for (int value = 41; value <= 42; value++) {
		CHECK_EQ(sigwaitinfo(&rt, &info), SIGRTMIN);
		CHECK_EQ(info.si_value.sival_int, value);
		CHECK_EQ(info.si_code, SI_QUEUE);
		CHECK_EQ(info.si_pid, getpid());
	}
	return NULL;
}

static void a_value_reaches_its_thread_only(void)
{
	struct sigaction act = { .sa_sigaction = on_value, .sa_flags = SA_SIGINFO };
	sigset_t rt = set_of(SIGRTMIN), pending;
	struct second s = { 0 };
	pthread_t thread;

	CHECK_EQ(sigaction(SIGRTMIN, &act, NULL), 0);
	CHECK_EQ(pthread_barrier_init(&s.begins, NULL, 2), 0);
	CHECK_EQ(pthread_barrier_init(&s.queued, NULL, 2), 0);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &rt, NULL), 0);
	CHECK_EQ(pthread_create(&thread, NULL, second_thread, &s), 0);
	CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &rt, NULL), 0);
	pthread_barrier_wait(&s.begins);
	/*
	 * The second thread waits at the other barrier. If a signal went to the process, the main thread would
	 * get it.
	 */
	CHECK_EQ(queue_to(getpid(), s.tid, SIGRTMIN, SI_QUEUE, 41), 0);
	CHECK_EQ(queue_to(getpid(), s.tid, SIGRTMIN, SI_QUEUE, 42), 0);
	CHECK_EQ(got_count, 0);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK(!sigismember(&pending, SIGRTMIN));
	CHECK_EQ(queue_to(getpid(), gettid(), SIGRTMIN, SI_QUEUE, 7), 0);
	CHECK_EQ(got_count, 1);
	CHECK_EQ(got_value, 7);
	CHECK_EQ(got_by, gettid());
	CHECK_EQ(got_from, getpid());
	pthread_barrier_wait(&s.queued);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(got_count, 1);
}

static void a_sender_cannot_use_the_codes_of_the_kernel(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	CHECK_ERR(queue_to(pid, pid, SIGUSR1, SI_USER, 0), EPERM);
	CHECK_ERR(queue_to(pid, pid, SIGUSR1, SI_TKILL, 0), EPERM);
	CHECK_ERR(queue_to(getpid(), pid, SIGUSR1, SI_QUEUE, 0), ESRCH);	/* not a thread of this process */
	CHECK_ERR(queue_to(pid, pid, 65, SI_QUEUE, 0), EINVAL);
	CHECK_ERR(queue_to(0, pid, SIGUSR1, SI_QUEUE, 0), EINVAL);
	CHECK_ERR(queue_to(pid, -1, SIGUSR1, SI_QUEUE, 0), EINVAL);
	CHECK_EQ(queue_to(pid, pid, 0, SI_QUEUE, 0), 0);	/* signal 0 only asks whether the process exists */
	/* A process may send any code to itself. */
	signal(SIGUSR1, on_signal);
	CHECK_EQ(queue_to(getpid(), gettid(), SIGUSR1, SI_USER, 0), 0);
	CHECK_EQ(queue_to(pid, pid, SIGTERM, SI_QUEUE, 0), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGTERM);
}

int main(void)
{
	TAP_TEST(a_stopped_sleep_continues_with_the_remaining_time);
	TAP_TEST(the_restart_is_a_call_of_restart_syscall);
	TAP_TEST(restart_syscall_fails_if_no_call_was_interrupted);
	TAP_TEST(a_value_reaches_its_thread_only);
	TAP_TEST(a_sender_cannot_use_the_codes_of_the_kernel);
	return tap_done();
}
