/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface between the locks and their checker (debug builds only): spinlock.c and mutex.c
 * call these functions at each operation.
 */
#ifndef SCHED_LOCKCHECK_H
#define SCHED_LOCKCHECK_H

#include <neurath/spinlock.h>

struct mutex;

/* Before a wait for @lock: checks order, owner and context. */
void lockcheck_before(spinlock_t *lock);
/* @lock has just been taken at @where, by any function. */
void lockcheck_taken(spinlock_t *lock, unsigned long where);
/* @lock is about to be released. */
void lockcheck_release(spinlock_t *lock);

void lockcheck_mutex_before(struct mutex *m);
void lockcheck_mutex_taken(struct mutex *m);
void lockcheck_mutex_release(struct mutex *m);

/* The name of the @i-th spinlock that @cpu holds, or NULL; unreliable for another CPU. */
const char *lockcheck_held(unsigned cpu, unsigned i);

#endif
