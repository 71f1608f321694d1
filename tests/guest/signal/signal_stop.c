/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signal_stop.c - stops and continues of processes, and the reports to the parent.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <sched.h>
#include "handlers.h"
#include "shared.h"
#include "tap.h"
#include "timing.h"

static void stop_and_continue_are_reported(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		for (;;)
			pause();
	CHECK_EQ(kill(child, SIGSTOP), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0);
	CHECK_EQ(kill(child, SIGCONT), 0);
	CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(waitpid(child, &status, WCONTINUED | WNOHANG), 0);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void sigchld_says_what_happened(void)
{
	sigset_t set = set_of(SIGCHLD);
	siginfo_t info;
	pid_t child;

	handle(SIGCHLD, count_handler, 0);
	block(SIGCHLD);
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	kill(child, SIGSTOP);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGCHLD);
	CHECK_EQ(info.si_code, CLD_STOPPED);
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_status, SIGSTOP);
	kill(child, SIGCONT);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGCHLD);
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	kill(child, SIGTERM);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGCHLD);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGTERM);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

static void nocldstop_keeps_stops_quiet(void)
{
	int status;
	pid_t child;

	handle(SIGCHLD, count_handler, SA_NOCLDSTOP);
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	kill(child, SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	kill(child, SIGCONT);
	while (waitpid(child, &status, WCONTINUED) < 0)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(hits, 0);
	kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(hits, 1);
}

static void stopped_process_runs_nothing_and_dies_of_sigkill(void)
{
	volatile long *counter = shared_page();
	long seen;
	int status;
	pid_t child = fork();

	if (child == 0)
		for (;;)
			++*counter;
	while (*counter < 1000)
		sched_yield();
	kill(child, SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	seen = *counter;
	nap_ms(50);
	CHECK_EQ(*counter, seen);
	/* Other signals wait until the process continues; SIGKILL acts at once. */
	kill(child, SIGTERM);
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	kill(child, SIGKILL);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void sigcont_and_stop_signals_cancel_each_other(void)
{
	handle(SIGCONT, count_handler, 0);
	block(SIGTSTP);
	block(SIGCONT);
	raise(SIGTSTP);
	CHECK(pending(SIGTSTP));
	raise(SIGCONT);
	CHECK(!pending(SIGTSTP));
	CHECK(pending(SIGCONT));
	raise(SIGTSTP);
	CHECK(!pending(SIGCONT));
	CHECK(pending(SIGTSTP));
	raise(SIGCONT);
}

static void sleep_goes_on_after_stop_and_continue(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct timespec t = { 0, 300000000 };
		int64_t before = now_ns(CLOCK_MONOTONIC);

		if (nanosleep(&t, NULL))
			_exit(1);
		/* The sleep is not begun anew: the time of the stop counts. */
		_exit(now_ns(CLOCK_MONOTONIC) - before < 300000000 ? 2 : 0);
	}
	/* The loop ends when the sleep is over. */
	for (;;) {
		nap_ms(50);
		kill(child, SIGSTOP);
		CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
		if (!WIFSTOPPED(status))
			break;
		kill(child, SIGCONT);
	}
	CHECK_EQ(status, 0);
}

/*
 * When the last process ends that could continue a stopped group, the kernel sends the group SIGHUP and
 * SIGCONT.
 */
static void orphaned_stopped_group_gets_hangup_and_continue(void)
{
	volatile int *seen = shared_page();
	pid_t middle = fork();
	int status;

	if (middle == 0) {
		pid_t leaf;

		setsid();
		leaf = fork();
		if (leaf == 0) {
			setpgid(0, 0);
			handle(SIGHUP, count_handler, 0);
			seen[0] = 1;
			raise(SIGSTOP);
			seen[1] = hits ? last_signal : -1;
			_exit(0);
		}
		waitpid(leaf, &status, WUNTRACED);
		_exit(WIFSTOPPED(status) ? 0 : 1);
	}
	CHECK_EQ(waitpid(middle, &status, 0), middle);
	CHECK_EQ(status, 0);
	for (int i = 0; i < 500 && !seen[1]; i++)
		nap_ms(10);
	CHECK_EQ(seen[0], 1);
	CHECK_EQ(seen[1], SIGHUP);
}

int main(void)
{
	TAP_TEST(stop_and_continue_are_reported);
	TAP_TEST(sigchld_says_what_happened);
	TAP_TEST(nocldstop_keeps_stops_quiet);
	TAP_TEST(stopped_process_runs_nothing_and_dies_of_sigkill);
	TAP_TEST(sigcont_and_stop_signals_cancel_each_other);
	TAP_TEST(sleep_goes_on_after_stop_and_continue);
	TAP_TEST(orphaned_stopped_group_gets_hangup_and_continue);
	return tap_done();
}
