/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ticket spinlocks.  Who comes first is served first, so that the wait is
 * bounded by the number of CPUs times the longest hold.
 *
 * In a virtual machine fairness is a trap: the CPU whose turn it is may not be
 * running, and all others wait until its host thread is.  There a waiter takes no
 * ticket, but takes the lock whenever it finds it free.
 *
 * Any context.  The functions have entry slots like others, so they may be traced:
 * the path of a hook takes no locks.  The checks of debug builds are in lockcheck.c.
 */
#include <neurath/spinlock.h>
#include <neurath/bug.h>
#include "lockcheck.h"

void spin_lock_init_rank(spinlock_t *lock, const char *name, enum lock_rank rank)
{
	*lock = (spinlock_t)SPINLOCK_INIT(name, rank);
}

/*
 * next == owner at the exchange means that nobody held a ticket: owner never
 * passes next, and next did not move since owner was read.
 */
static __always_inline bool ticket_trylock(spinlock_t *lock)
{
	u32 ticket = smp_load_acquire(&lock->owner);

	return cmpxchg(&lock->next, ticket, ticket + 1) == ticket;
}

static noinline void ticket_wait(spinlock_t *lock)
{
	u32 ticket;

	if (cpu_is_virtual) {
		do {
			cpu_relax();
		} while (READ_ONCE(lock->next) != READ_ONCE(lock->owner) || !ticket_trylock(lock));
		return;
	}
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_SEQ_CST);
	/* Pairs with the release in ticket_unlock(). */
	while (smp_load_acquire(&lock->owner) != ticket)
		cpu_relax();
}

static __always_inline void ticket_lock(spinlock_t *lock)
{
	if (unlikely(!ticket_trylock(lock)))
		ticket_wait(lock);
}

static __always_inline void ticket_unlock(spinlock_t *lock)
{
	smp_store_release(&lock->owner, lock->owner + 1);
}

void spin_lock(spinlock_t *lock)
{
	if (CONFIG_DEBUG)
		lockcheck_before(lock);
	ticket_lock(lock);
	if (CONFIG_DEBUG)
		lockcheck_taken(lock);
}

void spin_lock_nested(spinlock_t *lock)
{
	ticket_lock(lock);
	if (CONFIG_DEBUG)
		lockcheck_taken(lock);
}

bool spin_trylock(spinlock_t *lock)
{
	if (!ticket_trylock(lock))
		return false;
	if (CONFIG_DEBUG)
		lockcheck_taken(lock);
	return true;
}

void spin_unlock(spinlock_t *lock)
{
	if (CONFIG_DEBUG)
		lockcheck_release(lock);
	ticket_unlock(lock);
}

unsigned long spin_lock_irqsave_flags(spinlock_t *lock)
{
	unsigned long flags = irq_save();

	if (CONFIG_DEBUG)
		lockcheck_before(lock);
	ticket_lock(lock);
	if (CONFIG_DEBUG)
		lockcheck_taken(lock);
	return flags;
}

void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	if (CONFIG_DEBUG)
		lockcheck_release(lock);
	ticket_unlock(lock);
	irq_restore(flags);
}

void spin_lock_irq(spinlock_t *lock)
{
	debug_assert(!irqs_disabled());
	irq_disable();
	spin_lock(lock);
}

void spin_unlock_irq(spinlock_t *lock)
{
	spin_unlock(lock);
	irq_enable();
}

bool spin_is_held(const spinlock_t *lock)
{
	if (!CONFIG_DEBUG)
		return true;
	return lock->holder == (s16)cpu_id();
}
