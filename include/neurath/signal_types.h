/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel-side signal types that struct task embeds; functions are in signal.h. */
#ifndef NEURATH_SIGNAL_TYPES_H
#define NEURATH_SIGNAL_TYPES_H

#include <uapi/signal.h>
#include <uapi/resource.h>
#include <neurath/list.h>

/* Signals waiting for delivery: the set, and a queue with their information. */
struct sigpending {
	/* struct sigqueue; empty for plain signals without memory */
	struct list_head queue;
	sigset_t set;
};

struct k_sigaction {
	struct kernel_sigaction sa;
};

static inline sigset_t sigmask(int sig)
{
	return (sigset_t)1 << (sig - 1);
}

static inline bool sigismember(const sigset_t *set, int sig)
{
	return *set & sigmask(sig);
}

#endif
