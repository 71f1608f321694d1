/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the locks and their checker (debug builds only): spinlock.c and
 * mutex.c call these around each operation.
 */
#ifndef SCHED_LOCKCHECK_H
#define SCHED_LOCKCHECK_H

#include <neurath/spinlock.h>

struct mutex;

/* Before waiting for @lock: order, owner and context. */
void lockcheck_before(spinlock_t *lock);
/* @lock has just been taken, by whatever way. */
void lockcheck_taken(spinlock_t *lock);
/* @lock is about to be released. */
void lockcheck_release(spinlock_t *lock);

void lockcheck_mutex_before(struct mutex *m);
void lockcheck_mutex_taken(struct mutex *m);
void lockcheck_mutex_release(struct mutex *m);

#endif
