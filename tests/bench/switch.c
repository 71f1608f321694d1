/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * switch.c - the cost of system calls, task switches, wake-ups and processes, in ns a round. With QEMU's
 * -icount shift=0 on one CPU a nanosecond is an instruction:
 *
 *	tools/qemu --iso build/test.iso --cpus 1 --accel tcg-single --script f.sh -- -icount shift=0,sleep=off
 *
 * with the line /tests/switch in f.sh. Prints lines "# bench NAME VALUE ns"; the suite only checks that all
 * operations end. The program needs only Linux's system calls: tests/bench/linux.py runs the same binary on
 * Linux.
 *
 * configurations: cpus=1
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include "tap.h"

#define ROUNDS		2000
#define FUTEX_WAIT_PRIVATE	128
#define FUTEX_WAKE_PRIVATE	129

static int64_t now_ns(void)
{
	struct timespec ts;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void report(const char *name, int64_t start, int rounds)
{
	tap_line("# bench %s %lld ns", name, (long long)(now_ns() - start) / rounds);
}

static void system_calls(void)
{
	int64_t start = now_ns();
	struct timespec ts;

	for (int i = 0; i < ROUNDS; i++)
		syscall(SYS_getpid);
	report("getpid", start, ROUNDS);
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		now_ns();
	report("clock_gettime", start, ROUNDS);
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		clock_gettime(CLOCK_MONOTONIC, &ts);
	report("clock_gettime_libc", start, ROUNDS);
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		sched_getcpu();
	report("getcpu_libc", start, ROUNDS);
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		syscall(SYS_sched_yield);
	report("yield_alone", start, ROUNDS);
}

static void yield_ping_pong(void)
{
	int64_t start;
	pid_t child = fork();

	if (!child) {
		for (int i = 0; i < ROUNDS + 100; i++)
			syscall(SYS_sched_yield);
		_exit(0);
	}
	/* The loop ends when the child has taken its first page faults. */
	for (int i = 0; i < 20; i++)
		syscall(SYS_sched_yield);
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		syscall(SYS_sched_yield);
	report("yield_ping_pong", start, ROUNDS);
	waitpid(child, NULL, 0);
}

static void pipe_ping_pong(void)
{
	int there[2], back[2];
	int64_t start;
	pid_t child;
	char c = 0;

	CHECK_EQ(pipe(there), 0);
	CHECK_EQ(pipe(back), 0);
	child = fork();
	if (!child) {
		for (int i = 0; i < ROUNDS; i++) {
			CHECK_EQ(read(there[0], &c, 1), 1);
			CHECK_EQ(write(back[1], &c, 1), 1);
		}
		_exit(0);
	}
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(write(there[1], &c, 1), 1);
		CHECK_EQ(read(back[0], &c, 1), 1);
	}
	report("pipe_ping_pong", start, ROUNDS);
	waitpid(child, NULL, 0);
}

static uint32_t words[2];

static void word_wait(uint32_t *word)
{
	while (!__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void word_wake(uint32_t *word)
{
	__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *futex_partner(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		word_wait(&words[0]);
		word_wake(&words[1]);
	}
	return NULL;
}

static void futex_ping_pong(void)
{
	pthread_t partner;
	int64_t start;

	CHECK_EQ(pthread_create(&partner, NULL, futex_partner, NULL), 0);
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++) {
		word_wake(&words[0]);
		word_wait(&words[1]);
	}
	report("futex_ping_pong", start, ROUNDS);
	pthread_join(partner, NULL);
}

static void *nothing(void *arg)
{
	return arg;
}

static void births_and_deaths(void)
{
	int64_t start = now_ns();
	int rounds = ROUNDS / 10;

	for (int i = 0; i < rounds; i++) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		CHECK_EQ(waitpid(child, NULL, 0), child);
	}
	report("fork_exit_wait", start, rounds);
	start = now_ns();
	for (int i = 0; i < rounds; i++) {
		pthread_t t;

		CHECK_EQ(pthread_create(&t, NULL, nothing, NULL), 0);
		pthread_join(t, NULL);
	}
	report("thread_create_join", start, rounds);
}

static void exec_and_exit(void)
{
	int64_t start = now_ns();
	int rounds = ROUNDS / 10;

	for (int i = 0; i < rounds; i++) {
		pid_t child = fork();

		if (!child) {
			execl("/proc/self/exe", "switch", "exit", NULL);
			_exit(1);
		}
		CHECK_EQ(waitpid(child, NULL, 0), child);
	}
	report("fork_exec_wait", start, rounds);
}

static void handler(int sig)
{
}

static void signals(void)
{
	struct sigaction action = { .sa_handler = handler };
	pid_t self = getpid();
	int64_t start;

	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		syscall(SYS_kill, self, SIGUSR1);
	report("signal_to_self", start, ROUNDS);
}

static void page_faults(void)
{
	volatile char *area = mmap(NULL, ROUNDS * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int64_t start;

	CHECK(area != MAP_FAILED);
	/* Small pages, as in the other measurements. */
	madvise((void *)area, ROUNDS * 4096, MADV_NOHUGEPAGE);
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		area[i * 4096] = 1;
	report("page_touch", start, ROUNDS);
	munmap((void *)area, ROUNDS * 4096);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		_exit(0);	/* what exec_and_exit() runs */
	TAP_TEST(system_calls);
	TAP_TEST(yield_ping_pong);
	TAP_TEST(pipe_ping_pong);
	TAP_TEST(futex_ping_pong);
	TAP_TEST(births_and_deaths);
	TAP_TEST(exec_and_exit);
	TAP_TEST(signals);
	TAP_TEST(page_faults);
	return tap_done();
}
