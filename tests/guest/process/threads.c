/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * threads.c - threads of one process: creation and end, shared state, exec and exit with many threads.
 * Signals: thread_signals.c.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include "shared.h"
#include "tap.h"
#include "threads.h"
#include "timing.h"

#define THREADS		8

static const char *self;

/* ---- threads that run -------------------------------------------------------------------- */

static void *return_argument(void *arg)
{
	return (void *)((uintptr_t)arg * 2);
}

static void joined_thread_hands_over_its_result(void)
{
	for (uintptr_t i = 0; i < 200; i++) {
		pthread_t thread;
		void *result;

		start(&thread, return_argument, (void *)i);
		CHECK_EQ(pthread_join(thread, &result), 0);
		CHECK_EQ((uintptr_t)result, 2 * i);
	}
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;

static void *count_under_mutex(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void mutex_loses_no_count(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		start(&threads[i], count_under_mutex, NULL);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(counter, THREADS * 20000);
}

static void *take_turns(void *arg)
{
	int me = (intptr_t)arg;

	for (int round = 0; round < 200; round++) {
		pthread_mutex_lock(&mutex);
		while (turn % 3 != me)
			pthread_cond_wait(&condition, &mutex);
		turn++;
		pthread_cond_broadcast(&condition);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void condition_variables_pass_turns(void)
{
	pthread_t threads[3];

	for (intptr_t i = 0; i < 3; i++)
		start(&threads[i], take_turns, (void *)i);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(turn, 600);
}

static void *die_with_mutex(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

static void the_next_owner_of_a_robust_mutex_gets_eownerdead(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t robust;
	pthread_t thread;

	pthread_mutexattr_init(&attr);
	CHECK_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&robust, &attr);
	start(&thread, die_with_mutex, &robust);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(pthread_mutex_lock(&robust), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&robust), 0);
	CHECK_EQ(pthread_mutex_unlock(&robust), 0);
}

static __thread int local = 5;

static void *change_local(void *arg)
{
	bool fresh = local == 5;

	local = (intptr_t)arg;
	for (int i = 0; i < 50; i++) {
		sched_yield();
		if (local != (intptr_t)arg)
			return (void *)1;
	}
	return fresh ? NULL : (void *)2;
}

static void thread_local_storage_is_each_threads_own(void)
{
	pthread_t threads[THREADS];
	void *result;

	for (intptr_t i = 0; i < THREADS; i++)
		start(&threads[i], change_local, (void *)(i + 100));
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_join(threads[i], &result), 0);
		CHECK_EQ((intptr_t)result, 0);
	}
	CHECK_EQ(local, 5);
}

static void *report_ids(void *arg)
{
	pid_t *ids = arg;

	ids[0] = getpid();
	ids[1] = gettid_call();
	ids[2] = getppid();
	return NULL;
}

static void threads_have_one_pid_and_their_own_tid(void)
{
	pthread_t thread;
	pid_t ids[3];

	CHECK_EQ(gettid_call(), getpid());
	start(&thread, report_ids, ids);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(ids[0], getpid());
	CHECK(ids[1] != getpid());
	CHECK_EQ(ids[2], getppid());
	/* A thread is not a child. */
	CHECK_ERR(wait(NULL), ECHILD);
}

static void *change_shared_state(void *arg)
{
	*(int *)arg = dup(STDOUT_FILENO);
	umask(0123);
	return chdir("/tmp") ? (void *)1 : NULL;
}

static void files_folder_and_umask_are_shared(void)
{
	char folder[64];
	pthread_t thread;
	void *result;
	int fd = -1;

	start(&thread, change_shared_state, &fd);
	CHECK_EQ(pthread_join(thread, &result), 0);
	CHECK(!result && fd > 2);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(umask(022), 0123);
	CHECK_STR(getcwd(folder, sizeof(folder)), "/tmp");
}

static void *start_another(void *arg)
{
	intptr_t left = (intptr_t)arg;
	pthread_t thread;

	if (!left)
		return NULL;
	if (pthread_create(&thread, NULL, start_another, (void *)(left - 1)))
		return (void *)1;
	pthread_join(thread, NULL);
	return NULL;
}

static void creation_storm_leaves_nothing_behind(void)
{
	pthread_t threads[THREADS];

	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < THREADS; i++)
			start(&threads[i], start_another, (void *)5);
		for (int i = 0; i < THREADS; i++)
			CHECK_EQ(pthread_join(threads[i], NULL), 0);
	}
}

/* ---- the end of threads ------------------------------------------------------------------ */

static void *exit_process(void *arg)
{
	nap_ms(20);
	exit(41);
}

static void exit_of_one_thread_ends_all(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		pthread_t thread;

		for (int i = 0; i < 4; i++)
			start(&thread, sleep_for_ever, NULL);
		start(&thread, exit_process, NULL);
		for (;;)
			;
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 41);
}

static void *finish_later(void *arg)
{
	while (!*(volatile int *)arg)
		sched_yield();
	_exit(17);
}

static void process_lives_on_without_its_first_thread(void)
{
	volatile int *may_end = shared_page();
	int status;
	pid_t child = fork();

	if (child == 0) {
		pthread_t thread;

		start(&thread, finish_later, (void *)may_end);
		syscall(SYS_exit, 3);
	}
	nap_ms(20);
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_EQ(kill(child, 0), 0);
	*may_end = 1;
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 17);
}

static void *crash(void *arg)
{
	volatile int *volatile nowhere = (int *)8;

	nap_ms(20);
	*nowhere = 1;
	return NULL;
}

static void crash_of_one_thread_ends_all(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		pthread_t thread;

		for (int i = 0; i < 4; i++)
			start(&thread, sleep_for_ever, NULL);
		start(&thread, crash, NULL);
		for (;;)
			pause();
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void sigkill_ends_all_threads_whatever_they_do(void)
{
	for (int round = 0; round < 10; round++) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			pthread_t thread;
			sigset_t all;

			sigfillset(&all);
			sigprocmask(SIG_SETMASK, &all, NULL);
			for (int i = 0; i < 3; i++)
				start(&thread, sleep_for_ever, NULL);
			start(&thread, count_under_mutex, NULL);
			for (;;)
				start(&thread, start_another, (void *)2);
		}
		nap_ms(3 * round);
		CHECK_EQ(kill(child, SIGKILL), 0);
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

static void *exec_now(void *arg)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	execl(self, self, "--pid-is", pid, (char *)NULL);
	_exit(126);
}

static void exec_of_any_thread_keeps_the_pid_and_ends_the_others(void)
{
	for (int round = 0; round < 10; round++) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			pthread_t thread;

			for (int i = 0; i < 3; i++)
				start(&thread, sleep_for_ever, NULL);
			if (round & 1)
				exec_now(NULL);
			start(&thread, exec_now, NULL);
			for (;;)
				pause();
		}
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), 0);
		CHECK_ERR(kill(child, 0), ESRCH);
	}
}

/* Several threads exec at once: one exec succeeds, and the other threads end. */
static void competing_execs_have_one_winner(void)
{
	for (int round = 0; round < 10; round++) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			pthread_t thread;

			for (int i = 0; i < 4; i++)
				start(&thread, exec_now, NULL);
			for (;;)
				pause();
		}
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK_EQ(status, 0);
	}
}

static void *fork_from_thread(void *arg)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(gettid_call() == getpid() ? 0 : 1);
	waitpid(child, &status, 0);
	return (void *)(intptr_t)status;
}

static void fork_copies_the_calling_thread_only(void)
{
	pthread_t threads[THREADS];
	void *result;

	for (int i = 0; i < THREADS; i++)
		start(&threads[i], fork_from_thread, NULL);
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_join(threads[i], &result), 0);
		CHECK_EQ((intptr_t)result, 0);
	}
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc == 3 && !strcmp(argv[1], "--pid-is"))
		return getpid() == atoi(argv[2]) && gettid_call() == getpid() ? 0 : 1;
	TAP_TEST(joined_thread_hands_over_its_result);
	TAP_TEST(mutex_loses_no_count);
	TAP_TEST(condition_variables_pass_turns);
	TAP_TEST(the_next_owner_of_a_robust_mutex_gets_eownerdead);
	TAP_TEST(thread_local_storage_is_each_threads_own);
	TAP_TEST(threads_have_one_pid_and_their_own_tid);
	TAP_TEST(files_folder_and_umask_are_shared);
	TAP_TEST(creation_storm_leaves_nothing_behind);
	TAP_TEST(exit_of_one_thread_ends_all);
	TAP_TEST(process_lives_on_without_its_first_thread);
	TAP_TEST(crash_of_one_thread_ends_all);
	TAP_TEST(sigkill_ends_all_threads_whatever_they_do);
	TAP_TEST(exec_of_any_thread_keeps_the_pid_and_ends_the_others);
	TAP_TEST(competing_execs_have_one_winner);
	TAP_TEST(fork_copies_the_calling_thread_only);
	return tap_done();
}
