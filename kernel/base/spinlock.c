/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ticket spinlocks: CPUs get the lock in the order of their requests, so the wait is at most the
 * number of CPUs times the longest hold.
 *
 * In a virtual machine this fairness is harmful: the CPU whose turn it is may not be running, and
 * all others wait until its host thread runs.  There a waiter takes no ticket, and takes the lock
 * when it finds it free.
 *
 * Any context.  The path of a free lock is inlined in release builds: see spinlock.h.  The
 * functions here have entry slots and may be traced, because the path of a hook takes no locks.
 * The checks of debug builds are in lockcheck.c.
 */
#include <neurath/spinlock.h>
#include <neurath/bug.h>
#include <neurath/lockcheck.h>
#include <neurath/return_hook.h>

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

/* @where is for the checker. */
static void spin_lock_at(spinlock_t *lock, unsigned long where)
{
	if (unlikely(!spin_take_free(lock)))
		spin_lock_contended(lock);
	if (CONFIG_DEBUG)
		lockcheck_taken(lock, where);
}

void spin_lock_checked(spinlock_t *lock)
{
	lockcheck_before(lock);
	spin_lock_at(lock, RETURN_ADDRESS());
}

void spin_lock_nested(spinlock_t *lock)
{
	spin_lock_at(lock, RETURN_ADDRESS());
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
		lockcheck_taken(lock, RETURN_ADDRESS());
	return true;
}

unsigned long spin_lock_irqsave_flags(spinlock_t *lock)
{
	unsigned long flags = irq_save();

	if (!CONFIG_DEBUG) {
		spin_lock(lock);
		return flags;
	}
	/* The recorded places are those of the caller. */
	if (flags & (1UL << 9))
		this_cpu()->irqs_off_at = RETURN_ADDRESS();
	lockcheck_before(lock);
	spin_lock_at(lock, RETURN_ADDRESS());
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
