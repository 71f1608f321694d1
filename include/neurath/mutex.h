/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sleeping mutual exclusion with an owner, FIFO hand-over and a rank (see
 * spinlock.h).  Process context only.  Uninterruptible unless named otherwise.
 */
#ifndef NEURATH_MUTEX_H
#define NEURATH_MUTEX_H

#include <neurath/spinlock.h>
#include <neurath/list.h>

struct mutex {
	unsigned long owner;		/* (atomic) struct task *, bit 0 = a task waits */
	spinlock_t lock;
	struct list_head waiters;	/* (lock) struct mutex_waiter, first come first served */
	const char *name;
	unsigned rank;
};

#define MUTEX_INIT(var, lockrank) { \
	.lock = SPINLOCK_INIT(#var, RANK_WAITQUEUE), \
	.waiters = LIST_HEAD_INIT((var).waiters), .name = #var, .rank = lockrank }
/* The kernel's mutexes are in a linker set, so that reports can show their owners. */
struct mutex_entry {
	struct mutex *mutex;
};
#define DEFINE_MUTEX_RANK(var, lockrank) \
	struct mutex var = MUTEX_INIT(var, lockrank); \
	SET_ENTRY(mutex, struct mutex_entry, var##_entry) = { &var }
/* The form that modules use. */
#define DEFINE_MUTEX(var)	struct mutex var = MUTEX_INIT(var, RANK_MODULE_MUTEX)

void mutex_init_rank(struct mutex *m, const char *name, enum lock_rank rank);
#define mutex_init(m)	mutex_init_rank(m, #m, RANK_MODULE_MUTEX)
void mutex_lock(struct mutex *m);
/* -ERESTARTSYS if a signal is pending; the mutex is then not held. */
int mutex_lock_interruptible(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_is_locked(struct mutex *m);
/* The owner, only to compare or to show: it may have ended. (any) */
struct task *mutex_owner(const struct mutex *m);
bool mutex_is_mine(struct mutex *m);
#define assert_mutex_held(m)	assert(mutex_is_mine(m))

#endif
