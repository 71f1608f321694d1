/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ticket spinlocks.  Who comes first is served first, so that the wait is
 * bounded by the number of CPUs times the longest hold.
 *
 * In a virtual machine fairness is a trap: the CPU whose turn it is may not be
 * running, and all others wait until its host thread is.  There a waiter takes no
 * ticket, but takes the lock whenever it finds it free.
 *
 * Any context.  What a free lock costs in release builds is inlined, see spinlock.h.  The
 * functions here have entry slots like others, so they may be traced: the path of a hook
 * takes no locks.  The checks of debug builds are in lockcheck.c.
 */
#include <neurath/spinlock.h>
#include <neurath/bug.h>
#include "lockcheck.h"

void spin_lock_init_rank(spinlock_t *lock, const char *name, enum lock_rank rank)
{
	*lock = (spinlock_t)SPINLOCK_INIT(name, rank);
}

void spin_lock_contended(spinlock_t *lock)
{
	u32 ticket;

	if (cpu_is_virtual) {
		do {
			cpu_relax();
		} while (READ_ONCE(lock->next) != READ_ONCE(lock->owner) || !spin_take_free(lock));
		return;
	}
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_SEQ_CST);
	/* Pairs with the release in spin_unlock(). */
	while (smp_load_acquire(&lock->owner) != ticket)
		cpu_relax();
}

void spin_lock_checked(spinlock_t *lock)
{
	lockcheck_before(lock);
	spin_lock_nested(lock);
}

void spin_lock_nested(spinlock_t *lock)
{
	if (unlikely(!spin_take_free(lock)))
		spin_lock_contended(lock);
	if (CONFIG_DEBUG)
		lockcheck_taken(lock);
}

void spin_unlock_checked(spinlock_t *lock)
{
	lockcheck_release(lock);
	smp_store_release(&lock->owner, lock->owner + 1);
}

bool spin_trylock(spinlock_t *lock)
{
	if (!spin_take_free(lock))
		return false;
	if (CONFIG_DEBUG)
		lockcheck_taken(lock);
	return true;
}

unsigned long spin_lock_irqsave_flags(spinlock_t *lock)
{
	unsigned long flags = irq_save();

	spin_lock(lock);
	return flags;
}

void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock(lock);
	irq_restore(flags);
}

bool spin_is_held(const spinlock_t *lock)
{
	if (!CONFIG_DEBUG)
		return true;
	return lock->holder == (s16)cpu_id();
}
