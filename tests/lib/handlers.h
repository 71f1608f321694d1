/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handlers.h - helpers for suites about signals: handlers that record signals, actions and masks
 * in one call.
 */
#ifndef TESTS_HANDLERS_H
#define TESTS_HANDLERS_H

#include <stdbool.h>
#include "tap.h"

static volatile sig_atomic_t hits, last_signal;

/*
 * volatile, because glibc declares kill() and raise() as leaf functions: the compiler would assume that a
 * static variable cannot change during them.
 */
static volatile siginfo_t last_info;

static inline void count_handler(int sig)
{
	hits++;
	last_signal = sig;
}

static inline void info_handler(int sig, siginfo_t *info, void *context)
{
	hits++;
	last_signal = sig;
	last_info = *info;
}

static inline void handle(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static inline void handle_info(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static inline sigset_t set_of(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return set;
}

static inline void block(int sig)
{
	sigset_t set = set_of(sig);

	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
}

static inline void unblock(int sig)
{
	sigset_t set = set_of(sig);

	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
}

static inline bool pending(int sig)
{
	sigset_t set;

	CHECK_EQ(sigpending(&set), 0);
	return sigismember(&set, sig);
}

#endif
