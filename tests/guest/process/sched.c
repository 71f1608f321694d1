/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched.c - the scheduler as programs see it: fairness, nice values, affinity, preemption, progress of
 * many tasks.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "tap.h"
#include "timing.h"

#define MS	1000000LL

static int cpu_count(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CHECK_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	return CPU_COUNT(&set);
}

static void pin(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_EQ(sched_setaffinity(pid, sizeof(set), &set), 0);
}

static unsigned this_cpu(void)
{
	unsigned cpu;

	CHECK_EQ(syscall(SYS_getcpu, &cpu, NULL, NULL), 0);
	return cpu;
}

/* The memory that the children of a test share. */
struct shared {
	volatile int go, stop;
	int n;				/* children */
	int64_t since;			/* when the children began */
	volatile int64_t used[16];
	volatile long count[16];
};

static struct shared *make_shared(void)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(s != MAP_FAILED);
	return s;
}

/* A child that computes until the test stops it, and reports the CPU time that it gets. */
static pid_t start_burner(struct shared *s, int index, int cpu, int nice_value)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (child)
		return child;
	if (cpu >= 0)
		pin(0, cpu);
	if (nice_value && setpriority(PRIO_PROCESS, 0, nice_value))
		_exit(1);
	while (!s->go)
		sched_yield();
	int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);

	while (!s->stop)
		if (++s->count[index] % 10000 == 0)
			s->used[index] = now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
	s->used[index] = now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
	_exit(0);
}

static void finish(struct shared *s, pid_t *children, int n, int64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	s->go = 1;
	nanosleep(&ts, NULL);
	s->stop = 1;
	for (int i = 0; i < n; i++) {
		int status;

		CHECK_EQ(waitpid(children[i], &status, 0), children[i]);
		CHECK_EQ(status, 0);
	}
}

/*
 * Lets the children compute until the shares are @right in three successive samples. If the host takes the
 * CPU away, the running task is charged for that time, and the shares are wrong until the others have
 * caught up. If the shares never become right, the test hangs.
 */
static void settle(struct shared *s, pid_t *children, int n, bool (*right)(const struct shared *s))
{
	struct timespec pause = { 0, 50 * MS };
	int looks = 0;

	s->n = n;
	s->since = now_ns(CLOCK_MONOTONIC);
	s->go = 1;
	while (looks < 3) {
		nanosleep(&pause, NULL);
		looks = right(s) ? looks + 1 : 0;
	}
	finish(s, children, n, 1);
}

static bool four_equal_shares(const struct shared *s)
{
	int64_t sum = 0;

	for (int i = 0; i < 4; i++)
		sum += s->used[i];
	for (int i = 0; i < 4; i++)
		if (s->used[i] * 5 < sum || s->used[i] * 3 > sum)
			return false;
	return sum > 0;
}

static void equal_tasks_get_equal_shares_of_a_cpu(void)
{
	struct shared *s = make_shared();
	pid_t children[4];

	for (int i = 0; i < 4; i++)
		children[i] = start_burner(s, i, 0, 0);
	settle(s, children, 4, four_equal_shares);
}

/* The weights are 1024 and 110, so the shares are about nine to one. */
static bool nine_to_one(const struct shared *s)
{
	return s->used[0] > s->used[1] * 7 && s->used[0] < s->used[1] * 12;
}

static void nicer_task_gets_less(void)
{
	struct shared *s = make_shared();
	pid_t children[2];

	children[0] = start_burner(s, 0, 0, 0);
	children[1] = start_burner(s, 1, 0, 10);
	settle(s, children, 2, nine_to_one);
}

static void sleeper_is_not_kept_waiting_by_a_loop(void)
{
	struct shared *s = make_shared();
	pid_t child;
	int64_t worst = 0;

	pin(0, 0);
	child = start_burner(s, 0, 0, 0);
	s->go = 1;
	for (int i = 0; i < 100; i++) {
		int64_t start = now_ns(CLOCK_MONOTONIC), took;

		usleep(1000);
		took = now_ns(CLOCK_MONOTONIC) - start;
		if (took > worst)
			worst = took;
	}
	tap_line("# worst wake-up of a 1 ms sleep: %lld us", (long long)worst / 1000);
	finish(s, &child, 1, 1);
	/* Without preemption this task would wait for the child without end. */
	CHECK(s->count[0] > 0);
}

/* If two children shared one CPU, each would get half of the time. */
static bool each_has_a_cpu(const struct shared *s)
{
	int64_t since = now_ns(CLOCK_MONOTONIC) - s->since;

	for (int i = 0; i < s->n; i++)
		if (s->used[i] * 10 < since * 7)
			return false;
	return true;
}

static void all_cpus_are_used(void)
{
	struct shared *s = make_shared();
	pid_t children[16];
	int n = cpu_count() > 16 ? 16 : cpu_count();

	for (int i = 0; i < n; i++)
		children[i] = start_burner(s, i, -1, 0);
	settle(s, children, n, each_has_a_cpu);
}

static void affinity_is_obeyed_at_once(void)
{
	int n = cpu_count();

	for (int i = 0; i < 4 * n; i++) {
		pin(0, i % n);
		CHECK_EQ(this_cpu(), i % n);
	}
}

static void affinity_moves_a_task_that_computes(void)
{
	struct shared *s = make_shared();
	int n = cpu_count();
	pid_t child = fork();

	if (!child) {
		while (!s->stop)
			s->count[0] = this_cpu() + 1;
		_exit(0);
	}
	for (int i = 0; i < 4 * n; i++) {
		pin(child, i % n);
		while (s->count[0] != i % n + 1)
			sched_yield();
	}
	finish(s, &child, 1, 1);
}

static void affinity_rejects_impossible_masks(void)
{
	cpu_set_t set;
	unsigned long word;

	CPU_ZERO(&set);
	CHECK_ERR(sched_setaffinity(0, sizeof(set), &set), EINVAL);
	CPU_SET(63, &set);
	if (cpu_count() < 64)
		CHECK_ERR(sched_setaffinity(0, sizeof(set), &set), EINVAL);
	CHECK_ERR(sched_setaffinity(0x3fffffff, sizeof(set), &set), ESRCH);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 7, &word), EINVAL);
	CHECK_EQ(syscall(SYS_sched_getaffinity, 0, 8, &word), 8);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 8, (void *)16), EFAULT);
}

static void child_inherits_nice_and_affinity(void)
{
	int status;
	pid_t child;

	pin(0, cpu_count() - 1);
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, 7), 0);
	child = fork();
	if (!child)
		_exit(getpriority(PRIO_PROCESS, 0) == 7 && cpu_count() == 1 ? 0 : 1);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static void priorities_are_clamped_and_found(void)
{
	pid_t child;
	int status;

	CHECK_EQ(setpriority(PRIO_PROCESS, 0, 100), 0);
	errno = 0;
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	CHECK_ERR(setpriority(9, 0, 0), EINVAL);
	CHECK_ERR(setpriority(PRIO_PROCESS, 0x3fffffff, 0), ESRCH);
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, -5), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), -5);
	child = fork();
	if (!child) {
		setpgid(0, 0);
		if (setpriority(PRIO_PGRP, 0, 3) || getpriority(PRIO_PGRP, getpid()) != 3)
			_exit(1);
		if (setuid(1000))
			_exit(2);
		/* An ordinary user may only raise the nice value. */
		if (setpriority(PRIO_PROCESS, 0, 0) != -1 || errno != EACCES)
			_exit(3);
		if (setpriority(PRIO_PROCESS, 0, 4))
			_exit(4);
		if (setpriority(PRIO_PROCESS, 1, 4) != -1 || errno != EPERM)
			_exit(5);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), -5);
}

/* System calls by number, because musl's own functions answer ENOSYS without a system call. */
static void only_the_ordinary_policy_exists(void)
{
	int prio = 0;

	CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
	CHECK_EQ(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &prio), 0);
	prio = 1;
	CHECK_ERR(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &prio), EINVAL);
	CHECK_EQ(syscall(SYS_sched_getparam, 0, &prio), 0);
	CHECK_EQ(prio, 0);
	CHECK_ERR(syscall(SYS_sched_getscheduler, 0x3fffffff), ESRCH);
}

/*
 * The one that yields has thousands of times the weight of the other: its virtual time hardly grows, and only
 * yield() lets the other task run before thousands of turns are over.
 */
static void yield_lets_another_task_run(void)
{
	struct shared *s = make_shared();
	pid_t child;

	pin(0, 0);
	child = fork();
	if (!child) {
		if (setpriority(PRIO_PROCESS, 0, 19))
			_exit(1);
		while (!s->stop) {
			s->count[0]++;
			sched_yield();
		}
		_exit(0);
	}
	CHECK_EQ(setpriority(PRIO_PROCESS, 0, -20), 0);
	while (!s->count[0])
		sched_yield();
	for (int i = 0; i < 200; i++) {
		long before = s->count[0];
		int turns = 0;

		/* One yield is enough, unless an interrupt comes in between. */
		do
			sched_yield();
		while (s->count[0] == before && ++turns < 1000);
		CHECK(turns < 1000);
	}
	finish(s, &child, 1, 1);
}

static void *hop(void *arg)
{
	int (*pipes)[2] = arg;
	char token;

	while (read(pipes[0][0], &token, 1) == 1 && token)
		if (write(pipes[1][1], &token, 1) != 1)
			return arg;
	if (write(pipes[1][1], &token, 1) != 1)
		return arg;
	return NULL;
}

/*
 * A task that does not sleep wakes the sleepers all the time, while the CPU of the sleepers is busy. So they
 * wake on other CPUs, and now and then before they have left their old CPU.
 */
static void *sleep_often(void *arg)
{
	struct shared *s = arg;

	while (!s->stop) {
		s->count[0]++;
		syscall(SYS_futex, &s->go, 0, 1, NULL, NULL, 0);
	}
	return NULL;
}

static void a_woken_task_runs_on_one_cpu_at_a_time(void)
{
	struct shared *s = make_shared();
	pthread_t sleepers[6];

	s->go = 1;
	for (int i = 0; i < 6; i++)
		CHECK_EQ(pthread_create(&sleepers[i], NULL, sleep_often, s), 0);
	/* The runner takes a long silence for a hang. */
	for (long seen = 0; seen < 20000; seen += 2000) {
		tap_line("# %ld of 20000 sleeps", seen);
		while (s->count[0] < seen + 2000)
			syscall(SYS_futex, &s->go, 1, 1, NULL, NULL, 0);
	}
	s->stop = 1;
	s->go = 2;
	syscall(SYS_futex, &s->go, 1, 100, NULL, NULL, 0);
	for (int i = 0; i < 6; i++)
		pthread_join(sleepers[i], NULL);
}

/* Threads in a ring pass one token on: each step is a sleep and a wake-up. */
static void token_goes_round_a_ring_of_threads(void)
{
	enum { RING = 12, ROUNDS = 100 };
	int pipes[RING + 1][2];
	pthread_t t[RING];
	char token = 1;

	for (int i = 0; i <= RING; i++)
		CHECK_EQ(pipe(pipes[i]), 0);
	for (int i = 0; i < RING; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, hop, &pipes[i]), 0);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(write(pipes[0][1], &token, 1), 1);
		CHECK_EQ(read(pipes[RING][0], &token, 1), 1);
	}
	token = 0;
	CHECK_EQ(write(pipes[0][1], &token, 1), 1);
	CHECK_EQ(read(pipes[RING][0], &token, 1), 1);
	for (int i = 0; i < RING; i++) {
		void *bad;

		pthread_join(t[i], &bad);
		CHECK(!bad);
	}
}

static void hundreds_of_children_come_and_go(void)
{
	for (int round = 0; round < 5; round++) {
		int left = 60, status;

		for (int i = 0; i < 60; i++) {
			pid_t child = fork();

			CHECK(child >= 0);
			if (!child) {
				if (i % 3 == 0)
					usleep(1000);
				if (i % 3 == 1)
					sched_yield();
				_exit(i % 7);
			}
		}
		while (left) {
			CHECK(wait(&status) > 0);
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) < 7);
			left--;
		}
	}
}

int main(void)
{
	TAP_TEST(equal_tasks_get_equal_shares_of_a_cpu);
	TAP_TEST(nicer_task_gets_less);
	TAP_TEST(sleeper_is_not_kept_waiting_by_a_loop);
	TAP_TEST(all_cpus_are_used);
	TAP_TEST(affinity_is_obeyed_at_once);
	TAP_TEST(affinity_moves_a_task_that_computes);
	TAP_TEST(affinity_rejects_impossible_masks);
	TAP_TEST(child_inherits_nice_and_affinity);
	TAP_TEST(priorities_are_clamped_and_found);
	TAP_TEST(only_the_ordinary_policy_exists);
	TAP_TEST(yield_lets_another_task_run);
	TAP_TEST(a_woken_task_runs_on_one_cpu_at_a_time);
	TAP_TEST(token_goes_round_a_ring_of_threads);
	TAP_TEST(hundreds_of_children_come_and_go);
	return tap_done();
}
