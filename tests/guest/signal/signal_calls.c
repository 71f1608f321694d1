/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signal_calls.c - system calls that a signal interrupts, and system calls that wait for signals.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include "asleep.h"
#include "handlers.h"
#include "tap.h"
#include "timing.h"

/* A child that sends a signal to its parent when the parent sleeps. */
static pid_t poker(int sig)
{
	pid_t parent = getpid(), child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		wait_asleep(parent);
		kill(parent, sig);
		_exit(0);
	}
	return child;
}

/* As poker(), but the child ends when the parent sleeps again. */
static pid_t poker_that_is_waited_for(void)
{
	pid_t parent = getpid(), child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		wait_asleep(parent);
		kill(parent, SIGUSR1);
		wait_asleep(parent);
		_exit(7);
	}
	return child;
}

static void wait_is_restarted_with_sa_restart(void)
{
	pid_t child;
	int status;

	handle(SIGUSR1, count_handler, SA_RESTART);
	child = poker_that_is_waited_for();
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(hits, 1);
	CHECK_EQ(WEXITSTATUS(status), 7);
}

static void wait_fails_with_eintr_without_sa_restart(void)
{
	pid_t child;

	handle(SIGUSR1, count_handler, 0);
	child = poker_that_is_waited_for();
	CHECK_ERR(waitpid(child, NULL, 0), EINTR);
	CHECK_EQ(hits, 1);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

static void nanosleep_tells_what_is_left(void)
{
	struct timespec ask = { 1000, 0 }, left = { 0 };

	handle(SIGUSR1, count_handler, SA_RESTART);
	poker(SIGUSR1);
	CHECK_ERR(nanosleep(&ask, &left), EINTR);
	CHECK(left.tv_sec > 0 && left.tv_sec < 1000);
}

static void pause_returns_after_a_handler_only(void)
{
	handle(SIGUSR1, count_handler, SA_RESTART);
	poker(SIGUSR1);
	CHECK_ERR(pause(), EINTR);
	CHECK_EQ(hits, 1);
}

static void sigsuspend_swaps_the_mask_for_one_signal(void)
{
	sigset_t none, now;

	sigemptyset(&none);
	handle(SIGUSR1, count_handler, 0);
	block(SIGUSR1);
	block(SIGUSR2);
	raise(SIGUSR1);
	sigaddset(&none, SIGUSR2);
	CHECK_ERR(sigsuspend(&none), EINTR);
	CHECK_EQ(hits, 1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2));
}

static void sigtimedwait_takes_times_out_and_is_interrupted(void)
{
	sigset_t set = set_of(SIGUSR1);
	struct timespec zero = { 0 }, brief = { 0, 30000000 }, longer = { 1000, 0 };
	int64_t before = now_ns(CLOCK_MONOTONIC);
	siginfo_t info;

	block(SIGUSR1);
	CHECK_ERR(sigtimedwait(&set, &info, &zero), EAGAIN);
	CHECK_ERR(sigtimedwait(&set, &info, &brief), EAGAIN);
	CHECK(now_ns(CLOCK_MONOTONIC) - before >= 30000000);
	poker(SIGUSR1);
	CHECK_EQ(sigtimedwait(&set, &info, &longer), SIGUSR1);
	CHECK_EQ(info.si_code, SI_USER);
	handle(SIGUSR2, count_handler, 0);
	poker(SIGUSR2);
	/* A direct system call, because the library's function hides the interruption. */
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, &info, &longer, 8), EINTR);
	CHECK_EQ(hits, 1);
}

/* The default action would end the process: the wait must protect from it, as the blocked mask does. */
static void sigwait_takes_a_deadly_signal(void)
{
	sigset_t set = set_of(SIGTERM);
	int sig = 0;

	block(SIGTERM);
	poker(SIGTERM);
	CHECK_EQ(sigwait(&set, &sig), 0);
	CHECK_EQ(sig, SIGTERM);
}

int main(void)
{
	TAP_TEST(wait_is_restarted_with_sa_restart);
	TAP_TEST(wait_fails_with_eintr_without_sa_restart);
	TAP_TEST(nanosleep_tells_what_is_left);
	TAP_TEST(pause_returns_after_a_handler_only);
	TAP_TEST(sigsuspend_swaps_the_mask_for_one_signal);
	TAP_TEST(sigtimedwait_takes_times_out_and_is_interrupted);
	TAP_TEST(sigwait_takes_a_deadly_signal);
	return tap_done();
}
