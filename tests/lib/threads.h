/* SPDX-License-Identifier: GPL-2.0-or-later */
/* threads.h - starts threads, for suites that are not about threads. */
#ifndef TESTS_THREADS_H
#define TESTS_THREADS_H

#include <pthread.h>
#include <sys/syscall.h>
#include "tap.h"

static inline pid_t gettid_call(void)
{
	return syscall(SYS_gettid);
}

static inline void start(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	CHECK_EQ(pthread_create(thread, NULL, fn, arg), 0);
}

static inline void *sleep_for_ever(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

#endif
