/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_crowd.h - processes that fork, exec, end and signal each other as fast as they can, and check
 * all results.
 */
#ifndef TESTS_KLP_CROWD_H
#define TESTS_KLP_CROWD_H

#include <pthread.h>
#include <sys/time.h>
#include "klp_load.h"

static volatile sig_atomic_t crowd_signals_seen;

static inline void crowd_count_signal(int sig)
{
	crowd_signals_seen++;
}

static inline void crowd_reap(pid_t pid, int expected)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != expected)
		_exit(3);
}

/* For a child that only its parent ends: the parent may have ended already. */
static inline void crowd_end_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == 1)
		_exit(0);
}

/* Children that exit, are killed, exec, or have threads that exit; the parent checks every status. */
static inline void crowd_processes(void)
{
	for (unsigned n = 0;; n++) {
		pid_t pid = fork();

		if (pid == 0) {
			switch (n % 3) {
			case 0:
				_exit(7);
			case 1:
				execl("/bin/true", "true", NULL);
				_exit(1);
			default:
				crowd_end_with_parent();
				pause();
			}
		}
		if (n % 3 == 2)
			kill(pid, SIGKILL);
		crowd_reap(pid, n % 3 == 0 ? 7 << 8 : n % 3 == 1 ? 0 : SIGKILL);
	}
}

static inline void crowd_vfork(void)
{
	for (;;) {
		pid_t pid = vfork();

		if (pid == 0) {
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		crowd_reap(pid, 0);
	}
}

static inline void *crowd_thread_body(void *arg)
{
	sched_yield();
	return arg;
}

static inline void crowd_threads(void)
{
	for (long n = 1;; n++) {
		pthread_t threads[3];
		void *result;

		for (int i = 0; i < 3; i++)
			if (pthread_create(&threads[i], NULL, crowd_thread_body, (void *)n))
				_exit(4);
		for (int i = 0; i < 3; i++)
			if (pthread_join(threads[i], &result) || result != (void *)n)
				_exit(5);
	}
}

/* Handlers, timers, stops and continues. */
static inline void crowd_signals(void)
{
	struct itimerval every = { { 0, 2000 }, { 0, 2000 } };
	pid_t child;

	signal(SIGALRM, crowd_count_signal);
	signal(SIGUSR1, crowd_count_signal);
	setitimer(ITIMER_REAL, &every, NULL);
	child = fork();
	if (child == 0) {
		crowd_end_with_parent();
		load_spin();
	}
	for (;;) {
		kill(getpid(), SIGUSR1);
		kill(child, SIGSTOP);
		waitpid(child, NULL, WUNTRACED);
		kill(child, SIGCONT);
	}
}

static pid_t crowd[8];
static int nr_crowd;

static inline void crowd_gather(void)
{
	crowd[nr_crowd++] = load_start(crowd_processes);
	crowd[nr_crowd++] = load_start(crowd_vfork);
	crowd[nr_crowd++] = load_start(crowd_threads);
	crowd[nr_crowd++] = load_start(crowd_signals);
}

/* Ends the crowd. No process may have ended before: a process ends by itself only after a wrong result. */
static inline void crowd_disperse(void)
{
	for (int i = 0; i < nr_crowd; i++) {
		int status;

		if (waitpid(crowd[i], &status, WNOHANG) != 0)
			CHECK_FAIL("crowd %d ended with status %#x", i, status);
	}
	load_end(crowd, nr_crowd);
	nr_crowd = 0;
}

#endif
