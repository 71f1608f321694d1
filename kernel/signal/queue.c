/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pending signals: sets and queues.  A set bit without a queue entry is a signal whose
 * information was lost for lack of memory; it is delivered as if from the kernel.  Signals below
 * SIGRTMIN are pending at most once, real-time signals queue.
 *
 * process->lock is held for everything here.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/init.h>
#include <neurath/life.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include <neurath/user.h>
#include "internal.h"

static struct kmem_cache *sigqueue_cache;

void __init signal_init(void)
{
	sigqueue_cache = kmem_cache_create("sigqueue", sizeof(struct sigqueue), 8);
	if (!sigqueue_cache)
		panic("no memory for the signal queue: the machine needs more (MEM=)");
}

static void sigqueue_fill(siginfo_t *to, int sig, const siginfo_t *info)
{
	if (info) {
		*to = *info;
	} else {
		memset(to, 0, sizeof(*to));
		to->si_code = SI_KERNEL;
	}
	to->si_signo = sig;
}

/*
 * The limit applies to real-time signals; the others are limited by their number.  As on Linux
 * the signal counts for the receiver's user, and the receiver's limit applies.
 */
static struct sigqueue *sigqueue_alloc(int sig, struct process *p)
{
	struct sigqueue *q;

	assert_spin_held(&p->lock);
	if (sig >= SIGRTMIN &&
	    (u64)atomic_read(&p->user->nr_signals) >= p->rlim[RLIMIT_SIGPENDING].cur)
		return NULL;
	q = kmem_cache_alloc(sigqueue_cache, GFP_ATOMIC);
	if (!q)
		return NULL;
	q->user = user_get(p->user);
	atomic_inc(&q->user->nr_signals);
	return q;
}

static void sigqueue_free(struct sigqueue *q)
{
	atomic_dec(&q->user->nr_signals);
	user_put(q->user);
	kmem_cache_free(sigqueue_cache, q);
}

int sigqueue_add(struct sigpending *pending, int sig, const siginfo_t *info, struct process *p)
{
	struct sigqueue *q;

	assert_spin_held(&p->lock);
	if (sig < SIGRTMIN && sigismember(&pending->set, sig))
		return 0;
	q = sigqueue_alloc(sig, p);
	if (q) {
		sigqueue_fill(&q->info, sig, info);
		list_add_tail(&q->node, &pending->queue);
	} else if (sig >= SIGRTMIN && info && info->si_code != SI_USER) {
		return -EAGAIN;
	}
	pending->set |= sigmask(sig);
	return 0;
}

/* The lowest deliverable signal of @pending outside of @mask; 0 = none. */
static int sigqueue_next(const struct sigpending *pending, sigset_t mask)
{
	sigset_t ready = pending->set & ~mask;

	if (!ready)
		return 0;
	/* A fault must be handled before a signal that could run a handler. */
	if (ready & SIG_SET_SYNCHRONOUS)
		ready &= SIG_SET_SYNCHRONOUS;
	return __builtin_ctzl(ready) + 1;
}

static void sigqueue_collect(struct sigpending *pending, int sig, siginfo_t *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &pending->queue, node) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (!more)
		pending->set &= ~sigmask(sig);
	if (!first) {
		sigqueue_fill(info, sig, NULL);
		return;
	}
	*info = first->info;
	list_del(&first->node);
	sigqueue_free(first);
}

void sigqueue_discard(struct sigpending *pending, sigset_t set)
{
	struct sigqueue *q, *next;

	if (!(pending->set & set))
		return;
	pending->set &= ~set;
	list_for_each_entry_safe(q, next, &pending->queue, node) {
		if (!sig_in(q->info.si_signo, set))
			continue;
		list_del(&q->node);
		sigqueue_free(q);
	}
}

void flush_sigqueue(struct sigpending *pending)
{
	struct sigqueue *q, *next;

	pending->set = 0;
	list_for_each_entry_safe(q, next, &pending->queue, node)
		sigqueue_free(q);
	INIT_LIST_HEAD(&pending->queue);
}

static void signal_process_freed(struct process *p)
{
	flush_sigqueue(&p->shared_pending);
}

LIFE_HOOK(signal_life) = { .process_freed = signal_process_freed };

int signal_dequeue(sigset_t mask, siginfo_t *info)
{
	struct process *p = current->process;
	struct sigpending *pending = &current->pending;
	int sig;

	assert_spin_held(&p->lock);
	sig = sigqueue_next(pending, mask);
	if (!sig) {
		pending = &p->shared_pending;
		sig = sigqueue_next(pending, mask);
	}
	if (sig)
		sigqueue_collect(pending, sig, info);
	recalc_sigpending(current);
	return sig;
}
