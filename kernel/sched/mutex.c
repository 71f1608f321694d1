/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutexes: sleeping locks with an owner.
 *
 * The owner word is exchanged without a lock as long as no task waits.  A waiter
 * sets bit 0 and queues; from then on mutex_unlock() goes the slow way and hands
 * the mutex to the first waiter, so that no other task can overtake it.
 *
 * A waiter returns only after it has taken m->lock after the grant.  By then the unlocker's last
 * access to the mutex and to the waiter is over; both may cease to exist right after.
 */
#include <neurath/mutex.h>
#include <neurath/bug.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/lockcheck.h>

#define MUTEX_WAITERS	1UL

struct mutex_waiter {
	struct list_head node;		/* (m->lock) */
	struct task *task;
	bool granted;			/* (m->lock); also read without it */
};

void mutex_init_rank(struct mutex *m, const char *name, enum lock_rank rank)
{
	*m = (struct mutex){ .name = name, .rank = rank };
	spin_lock_init_rank(&m->lock, name, RANK_WAITQUEUE);
	INIT_LIST_HEAD(&m->waiters);
}

static __always_inline bool mutex_owner_exchange(struct mutex *m, unsigned long from,
						 unsigned long to)
{
	return cmpxchg(&m->owner, from, to) == from;
}

/* Takes the mutex if it is free, else marks it contended.  Caller holds m->lock. */
static bool mutex_take_or_mark(struct mutex *m)
{
	assert_spin_held(&m->lock);
	for (;;) {
		unsigned long o = READ_ONCE(m->owner);
		unsigned long waiters = list_empty(&m->waiters) ? 0 : MUTEX_WAITERS;

		if ((o & ~MUTEX_WAITERS) == 0) {
			if (mutex_owner_exchange(m, o, (unsigned long)current | waiters))
				return true;
		} else if (mutex_owner_exchange(m, o, o | MUTEX_WAITERS)) {
			return false;
		}
	}
}

/* Leaves the queue; the last waiter clears the mark.  Caller holds m->lock. */
static void mutex_leave(struct mutex *m, struct mutex_waiter *w)
{
	assert_spin_held(&m->lock);
	list_del(&w->node);
	if (list_empty(&m->waiters))
		__atomic_fetch_and(&m->owner, ~MUTEX_WAITERS, __ATOMIC_SEQ_CST);
}

static noinline int mutex_lock_slow(struct mutex *m, unsigned state)
{
	struct mutex_waiter w = { .task = current };
	int error = 0;

	spin_lock(&m->lock);
	if (mutex_take_or_mark(m)) {
		spin_unlock(&m->lock);
		return 0;
	}
	list_add_tail(&w.node, &m->waiters);
	spin_unlock(&m->lock);
	WRITE_ONCE(current->blocked_on, m);

	for (;;) {
		set_current_state(state);
		/* Pairs with the order in mutex_unlock_slow(): granted, then the wake-up. */
		if (READ_ONCE(w.granted))
			break;
		if (signal_pending_state(state, current)) {
			error = -ERESTARTSYS;
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	WRITE_ONCE(current->blocked_on, NULL);
	spin_lock(&m->lock);
	if (w.granted)
		error = 0;
	else
		mutex_leave(m, &w);
	spin_unlock(&m->lock);
	return error;
}

static noinline void mutex_unlock_slow(struct mutex *m)
{
	struct mutex_waiter *w;
	unsigned long owner = 0;

	spin_lock(&m->lock);
	w = list_first_entry_or_null(&m->waiters, struct mutex_waiter, node);
	if (w) {
		list_del(&w->node);
		owner = (unsigned long)w->task;
		if (!list_empty(&m->waiters))
			owner |= MUTEX_WAITERS;
	}
	xchg(&m->owner, owner);
	race_point();
	if (w) {
		WRITE_ONCE(w->granted, true);
		wake_up_state(w->task, TASK_NORMAL);
	}
	spin_unlock(&m->lock);
}

static __always_inline int mutex_lock_state(struct mutex *m, unsigned state)
{
	int error = 0;

	if (CONFIG_DEBUG)
		lockcheck_mutex_before(m);
	if (!mutex_owner_exchange(m, 0, (unsigned long)current))
		error = mutex_lock_slow(m, state);
	if (CONFIG_DEBUG && !error)
		lockcheck_mutex_taken(m);
	return error;
}

void mutex_lock(struct mutex *m)
{
	mutex_lock_state(m, TASK_UNINTERRUPTIBLE);
}

int mutex_lock_interruptible(struct mutex *m)
{
	return mutex_lock_state(m, TASK_INTERRUPTIBLE);
}

bool mutex_trylock(struct mutex *m)
{
	if (!mutex_owner_exchange(m, 0, (unsigned long)current))
		return false;
	if (CONFIG_DEBUG)
		lockcheck_mutex_taken(m);
	return true;
}

void mutex_unlock(struct mutex *m)
{
	debug_assert(mutex_is_mine(m));
	if (CONFIG_DEBUG)
		lockcheck_mutex_release(m);
	if (!mutex_owner_exchange(m, (unsigned long)current, 0))
		mutex_unlock_slow(m);
}

bool mutex_is_locked(struct mutex *m)
{
	return READ_ONCE(m->owner) & ~MUTEX_WAITERS;
}

struct task *mutex_owner(const struct mutex *m)
{
	return (struct task *)(READ_ONCE(m->owner) & ~MUTEX_WAITERS);
}

bool mutex_is_mine(struct mutex *m)
{
	return mutex_owner(m) == current;
}
