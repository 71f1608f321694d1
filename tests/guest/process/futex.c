/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * futex.c - futexes: no wake-up is lost and no wake-up is spurious; timeouts, requeueing, the death of
 * owners and threads.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
/* If a wake-up is lost, the test hangs. */
#include "asleep.h"
#include "tap.h"
#include "timing.h"

/* Linux's numbers; musl has no header for them. */
#define FUTEX_WAIT			0
#define FUTEX_WAKE			1
#define FUTEX_CMP_REQUEUE		4
#define FUTEX_PRIVATE			128
#define FUTEX_CLOCK_REALTIME		256
#define FUTEX_WAIT_PRIVATE		(FUTEX_WAIT | FUTEX_PRIVATE)
#define FUTEX_WAKE_PRIVATE		(FUTEX_WAKE | FUTEX_PRIVATE)
#define FUTEX_CMP_REQUEUE_PRIVATE	(FUTEX_CMP_REQUEUE | FUTEX_PRIVATE)
#define FUTEX_WAIT_BITSET_PRIVATE	(9 | FUTEX_PRIVATE)
#define FUTEX_WAKE_BITSET_PRIVATE	(10 | FUTEX_PRIVATE)
#define FUTEX_BITSET_MATCH_ANY		0xffffffffU

static long futex(void *word, int op, uint32_t value, const struct timespec *timeout, void *word2,
		  uint32_t value3)
{
	return syscall(SYS_futex, word, op, value, timeout, word2, value3);
}

static long futex_move(void *word, int op, uint32_t wake, unsigned long move, void *word2, uint32_t value3)
{
	return syscall(SYS_futex, word, op, wake, move, word2, value3);
}

/* A thread that waits once on a word while the word is 0; @result is 0 or -errno. */
struct waiter {
	pthread_t thread;
	uint32_t *word;
	int op;
	uint32_t bitset;
	_Atomic int tid;
	long result;
};

static void *wait_once(void *arg)
{
	struct waiter *w = arg;

	w->tid = (int)syscall(SYS_gettid);
	w->result = futex(w->word, w->op, 0, NULL, NULL, w->bitset) ? -errno : 0;
	return NULL;
}

static void start_waiter(struct waiter *w, uint32_t *word, int op, uint32_t bitset)
{
	*w = (struct waiter){ .word = word, .op = op, .bitset = bitset, .result = 1 };
	CHECK_EQ(pthread_create(&w->thread, NULL, wait_once, w), 0);
	while (!w->tid)
		sched_yield();
	wait_thread_asleep(getpid(), w->tid);
}

static uint32_t word, word2;

static void wait_returns_eagain_if_the_word_has_changed(void)
{
	word = 5;
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 4, NULL, NULL, 0), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 4, NULL, NULL, 0), EAGAIN);
}

static void bad_arguments_are_refused(void)
{
	CHECK_ERR(futex((char *)&word + 1, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex((void *)0x10000, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex((void *)0xffff800000000000, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, word, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
	struct timespec bad = { 0, 1000000000 };
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, word, &bad, NULL, 0), EINVAL);
}

static void relative_timeout_ends_not_early(void)
{
	struct timespec ts = { 0, 20000000 };
	int64_t start = now_ns(CLOCK_MONOTONIC);

	word = 0;
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0), ETIMEDOUT);
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 20000000);
}

static void absolute_timeouts_use_their_clock(void)
{
	struct timespec ts;

	word = 0;
	for (int realtime = 0; realtime <= 1; realtime++) {
		clockid_t clock = realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC;
		int op = FUTEX_WAIT_BITSET_PRIVATE | (realtime ? FUTEX_CLOCK_REALTIME : 0);
		int64_t end = now_ns(clock) + 20000000;

		ts = (struct timespec){ end / 1000000000, end % 1000000000 };
		CHECK_ERR(futex(&word, op, 0, &ts, NULL, FUTEX_BITSET_MATCH_ANY), ETIMEDOUT);
		CHECK(now_ns(clock) >= end);
		CHECK(now_ns(clock) < end + 10000000000);
	}
}

static void wake_wakes_as_many_as_asked(void)
{
	struct waiter w[3];

	word = 0;
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 0);
	for (int i = 0; i < 3; i++)
		start_waiter(&w[i], &word, FUTEX_WAIT_PRIVATE, 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0), 2);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 1);
	for (int i = 0; i < 3; i++) {
		pthread_join(w[i].thread, NULL);
		CHECK_EQ(w[i].result, 0);
	}
}

static void bitset_chooses_who_is_woken(void)
{
	struct waiter a, b;

	word = 0;
	start_waiter(&a, &word, FUTEX_WAIT_BITSET_PRIVATE, 1);
	start_waiter(&b, &word, FUTEX_WAIT_BITSET_PRIVATE, 2);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 4), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 2), 1);
	pthread_join(b.thread, NULL);
	CHECK_EQ(a.result, 1);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 3), 1);
	pthread_join(a.thread, NULL);
}

static void requeue_moves_the_rest_to_the_second_word(void)
{
	struct waiter w[4];

	word = word2 = 0;
	for (int i = 0; i < 4; i++)
		start_waiter(&w[i], &word, FUTEX_WAIT_PRIVATE, 0);
	CHECK_ERR(futex_move(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 10, &word2, 7), EAGAIN);
	CHECK_EQ(futex_move(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &word2, 0), 3);
	CHECK_EQ(futex(&word2, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 2);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 1);
	for (int i = 0; i < 4; i++) {
		pthread_join(w[i].thread, NULL);
		CHECK_EQ(w[i].result, 0);
	}
}

static void on_alarm(int sig)
{
}

static void a_signal_handler_interrupts_or_restarts(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct timespec ts = { 1000, 0 };
	int64_t start = now_ns(CLOCK_MONOTONIC);

	word = 0;
	sigaction(SIGALRM, &sa, NULL);
	/* The alarm repeats, because the first one may come before the wait. */
	ualarm(10000, 10000);
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), EINTR);
	sa.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &sa, NULL);
	/* With a timeout the result is EINTR in spite of SA_RESTART, as on Linux: restart blocks end at handlers. */
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0), EINTR);
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 10000000);
}

static void shared_mapping_connects_processes(void)
{
	uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t child;

	CHECK(shared != MAP_FAILED);
	child = fork();
	if (!child) {
		while (__atomic_load_n(&shared[1], __ATOMIC_SEQ_CST) == 0)
			futex(&shared[1], FUTEX_WAIT, 0, NULL, NULL, 0);
		_exit(3);
	}
	usleep(10000);
	__atomic_store_n(&shared[1], 1, __ATOMIC_SEQ_CST);
	futex(&shared[1], FUTEX_WAKE, 1, NULL, NULL, 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static void private_copies_after_fork_are_different_futexes(void)
{
	int status;
	pid_t child;

	word = 0;
	child = fork();
	if (!child) {
		struct timespec ts = { 0, 50000000 };

		_exit(futex(&word, FUTEX_WAIT, 0, &ts, NULL, 0) == -1 && errno == ETIMEDOUT ? 0 : 1);
	}
	for (int i = 0; i < 10; i++, usleep(3000))
		CHECK_EQ(futex(&word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

/* ---- stress: a mutex made of one word ---------------------------------------- */

#define THREADS	6
#define ROUNDS	3000

static uint32_t lock_word;	/* 0 free, 1 taken, 2 taken and a thread may wait */
static volatile long lock_protected;

static void lock(void)
{
	uint32_t seen = 0;

	if (__atomic_compare_exchange_n(&lock_word, &seen, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	while (__atomic_exchange_n(&lock_word, 2, __ATOMIC_SEQ_CST))
		futex(&lock_word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

static void unlock(void)
{
	if (__atomic_exchange_n(&lock_word, 0, __ATOMIC_SEQ_CST) == 2)
		futex(&lock_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *count_under_lock(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		lock();
		long seen = lock_protected;

		if (i % 16 == 0)
			sched_yield();
		lock_protected = seen + 1;
		unlock();
	}
	return NULL;
}

static void no_wakeup_is_lost_under_contention(void)
{
	pthread_t t[THREADS];

	lock_protected = 0;
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, count_under_lock, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(lock_protected, (long)THREADS * ROUNDS);
}

/* ---- stress: two CPUs hand over a word ------------------------------------------ */

#define HAND_OVERS	4000

static uint32_t there, back;

static void wait_for_word(uint32_t *w)
{
	while (!__atomic_exchange_n(w, 0, __ATOMIC_SEQ_CST))
		futex(w, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void hand_over(uint32_t *w, unsigned *random)
{
	*random = *random * 1103515245 + 12345;
	/* A random pause, so that the wake-up meets every phase of the other thread's way to sleep. */
	for (volatile unsigned i = *random >> 16 & 0xff; i; i--)
		;
	__atomic_store_n(w, 1, __ATOMIC_SEQ_CST);
	futex(w, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	/* If there is only one CPU, the call fails and the threads share the CPU. */
	sched_setaffinity(0, sizeof(set), &set);
}

static void *answer_hand_overs(void *arg)
{
	unsigned random = (unsigned)tap_seed() + 1;

	stay_on(1);
	for (int i = 0; i < HAND_OVERS; i++) {
		wait_for_word(&there);
		hand_over(&back, &random);
	}
	return NULL;
}

static void no_hand_over_between_cpus_is_lost(void)
{
	unsigned random = (unsigned)tap_seed();
	pthread_t t;

	stay_on(0);
	CHECK_EQ(pthread_create(&t, NULL, answer_hand_overs, NULL), 0);
	for (int i = 0; i < HAND_OVERS; i++) {
		hand_over(&there, &random);
		wait_for_word(&back);
	}
	pthread_join(t, NULL);
}

/* ---- stress: condition variables use requeueing -------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int generation, arrived;

static void *barrier_rounds(void *arg)
{
	for (int i = 0; i < 300; i++) {
		pthread_mutex_lock(&mutex);
		int mine = generation;

		if (++arrived == THREADS) {
			arrived = 0;
			generation++;
			pthread_cond_broadcast(&cond);
		}
		while (mine == generation)
			pthread_cond_wait(&cond, &mutex);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void broadcast_releases_all_waiters(void)
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, barrier_rounds, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(generation, 300);
}

/* ---- the death of owners ---------------------------------------------------------- */

static pthread_mutex_t robust;

static void *die_with_lock(void *arg)
{
	pthread_mutex_lock(&robust);
	return NULL;
}

static void robust_mutex_of_a_dead_thread_is_given_to_the_next(void)
{
	pthread_mutexattr_t attr;
	pthread_t t;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attr);
	CHECK_EQ(pthread_create(&t, NULL, die_with_lock, NULL), 0);
	pthread_join(t, NULL);
	CHECK_EQ(pthread_mutex_lock(&robust), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&robust), 0);
	CHECK_EQ(pthread_mutex_unlock(&robust), 0);
}

static void a_circular_robust_list_does_not_hang_the_exit(void)
{
	static struct {
		void *next;
		long offset;
		void *pending;
	} head;
	static void *loop[2] = { &loop[1], &loop[0] };
	int status;
	pid_t child = fork();

	if (!child) {
		head.next = loop;
		CHECK_EQ(syscall(SYS_set_robust_list, &head, sizeof(head)), 0);
		_exit(4);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 4);
}

int main(void)
{
	TAP_TEST(wait_returns_eagain_if_the_word_has_changed);
	TAP_TEST(bad_arguments_are_refused);
	TAP_TEST(relative_timeout_ends_not_early);
	TAP_TEST(absolute_timeouts_use_their_clock);
	TAP_TEST(wake_wakes_as_many_as_asked);
	TAP_TEST(bitset_chooses_who_is_woken);
	TAP_TEST(requeue_moves_the_rest_to_the_second_word);
	TAP_TEST(a_signal_handler_interrupts_or_restarts);
	TAP_TEST(shared_mapping_connects_processes);
	TAP_TEST(private_copies_after_fork_are_different_futexes);
	TAP_TEST(no_wakeup_is_lost_under_contention);
	TAP_TEST(no_hand_over_between_cpus_is_lost);
	TAP_TEST(broadcast_releases_all_waiters);
	TAP_TEST(robust_mutex_of_a_dead_thread_is_given_to_the_next);
	TAP_TEST(a_circular_robust_list_does_not_hang_the_exit);
	return tap_done();
}
