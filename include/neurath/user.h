/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sums of all processes of one user: the base of the limits that Linux counts by real user
 * id. kernel/sched/user.c implements it.
 */
#ifndef NEURATH_USER_H
#define NEURATH_USER_H

#include <neurath/atomic.h>
#include <neurath/list.h>
#include <neurath/types.h>

/* Marks as in task.h: (t) tasklist_lock, (a) atomic, (!) constant. */
struct user {
	uid_t uid;			/* (!) real user id */
	atomic_t refs;			/* (a) processes, queued signals, pipes */
	struct list_head node;		/* (users_lock) */
	unsigned nr_tasks;		/* (t) threads in the pid table: RLIMIT_NPROC */
	atomic_t nr_signals;		/* (a) siginfo in all queues: RLIMIT_SIGPENDING */
	atomic_long_t nr_pipe_pages;	/* (a) of rings: the limits of pipe_size.c */
	size_t oom_pages;		/* (oom_mutex) memory of its processes, */
	unsigned oom_round;		/* (oom_mutex) as measured in this round */
};

extern struct user root_user;		/* never freed */

struct user *user_find_get(uid_t uid);	/* created if needed; NULL = no memory (any but NMI) */
void user_put(struct user *user);	/* (any but NMI) */

static inline struct user *user_get(struct user *user)
{
	atomic_inc(&user->refs);
	return user;
}

#endif
