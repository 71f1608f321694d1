/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread_signals.c - signals to one thread and to a process: which thread handles a signal, and which threads
 * a signal ends or stops.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include "shared.h"
#include "tap.h"
#include "threads.h"
#include "timing.h"

static _Atomic pid_t handled_by;
static _Atomic int handled;

static void note_handler(int sig)
{
	handled_by = gettid_call();
	handled++;
}

static _Atomic bool stop_threads;
static _Atomic pid_t thread_tid;

static void *be_there(void *arg)
{
	thread_tid = gettid_call();
	while (!stop_threads)
		nap_ms(1);
	return NULL;
}

static void signal_to_a_thread_is_handled_by_it(void)
{
	struct sigaction sa = { .sa_handler = note_handler };
	pthread_t thread;

	sigaction(SIGUSR1, &sa, NULL);
	start(&thread, be_there, NULL);
	while (!thread_tid)
		sched_yield();
	for (int i = 1; i <= 20; i++) {
		CHECK_EQ(pthread_kill(thread, SIGUSR1), 0);
		while (handled < i)
			sched_yield();
		CHECK_EQ(handled_by, thread_tid);
	}
	CHECK_EQ(syscall(SYS_tgkill, getpid(), gettid_call(), SIGUSR1), 0);
	CHECK_EQ(handled_by, gettid_call());
	CHECK_ERR(syscall(SYS_tgkill, 1, gettid_call(), SIGUSR1), ESRCH);
	stop_threads = true;
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

static void signal_to_the_process_goes_to_a_thread_that_does_not_block_it(void)
{
	struct sigaction sa = { .sa_handler = note_handler };
	sigset_t set;
	pthread_t thread;

	sigaction(SIGUSR1, &sa, NULL);
	start(&thread, be_there, NULL);
	while (!thread_tid)
		sched_yield();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	for (int i = 1; i <= 20; i++) {
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
		while (handled < i)
			sched_yield();
		CHECK_EQ(handled_by, thread_tid);
	}
	stop_threads = true;
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

static void *wait_for_signal(void *arg)
{
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigwait(&set, &sig);
	return (void *)(intptr_t)sig;
}

static void each_signal_ends_one_sigwait(void)
{
	pthread_t threads[4];
	sigset_t set;
	void *result;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	for (int i = 0; i < 4; i++)
		start(&threads[i], wait_for_signal, NULL);
	for (int i = 0; i < 4; i++) {
		/* A signal is pending only once, so the next one is sent when a thread has taken this one. */
		CHECK_EQ(kill(getpid(), SIGUSR2), 0);
		do {
			sched_yield();
			sigpending(&set);
		} while (sigismember(&set, SIGUSR2));
	}
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(pthread_join(threads[i], &result), 0);
		CHECK_EQ((intptr_t)result, SIGUSR2);
	}
}

static void cancelled_thread_ends(void)
{
	pthread_t thread;
	void *result;

	start(&thread, sleep_for_ever, NULL);
	nap_ms(10);
	CHECK_EQ(pthread_cancel(thread), 0);
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
}

static void *count_in_shared(void *arg)
{
	volatile long *word = arg;

	for (;;)
		++*word;
	return NULL;
}

static void stop_stops_every_thread_and_continue_all(void)
{
	volatile long *counts = shared_page();
	int status;
	pid_t child = fork();

	if (child == 0) {
		pthread_t thread;

		for (int i = 1; i < 3; i++)
			start(&thread, count_in_shared, (void *)&counts[i]);
		start(&thread, sleep_for_ever, NULL);
		count_in_shared((void *)&counts[0]);
	}
	while (!counts[0] || !counts[1] || !counts[2])
		nap_ms(1);
	for (int round = 0; round < 10; round++) {
		long seen[3];

		CHECK_EQ(kill(child, SIGSTOP), 0);
		CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
		CHECK(WIFSTOPPED(status));
		memcpy(seen, (void *)counts, sizeof(seen));
		nap_ms(5);
		CHECK(!memcmp(seen, (void *)counts, sizeof(seen)));
		CHECK_EQ(kill(child, SIGCONT), 0);
		CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
		for (int i = 0; i < 3; i++)
			while (counts[i] == seen[i])
				nap_ms(1);
	}
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
}

int main(void)
{
	TAP_TEST(signal_to_a_thread_is_handled_by_it);
	TAP_TEST(signal_to_the_process_goes_to_a_thread_that_does_not_block_it);
	TAP_TEST(each_signal_ends_one_sigwait);
	TAP_TEST(cancelled_thread_ends);
	TAP_TEST(stop_stops_every_thread_and_continue_all);
	return tap_done();
}
