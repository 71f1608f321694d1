/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranked locks.  Every lock is created with its rank; a CPU (spinlocks) or a
 * task (mutexes) may only take locks of a higher rank than those it holds.
 * Debug builds check this and the owner at each operation and panic with both
 * names.  The table of ranks is here and explained in docs/locking.md.
 *
 * A spinlock that any interrupt takes must be taken with the _irqsave form everywhere.  No
 * sleeping under a spinlock (checked in schedule()).
 */
#ifndef NEURATH_SPINLOCK_H
#define NEURATH_SPINLOCK_H

#include <neurath/arch.h>
#include <neurath/bug.h>

enum lock_rank {
	/* Sleeping locks (mutexes), outermost first. */
	RANK_FILE_POS = 10,	/* struct file offset: held around the backend's methods */
	RANK_FILE_SEQ,		/* text of an open kernfs file: held around its show method */
	RANK_MODULE,		/* module list and loading */
	RANK_KLP,		/* all live-patch data */
	RANK_KERNFS,		/* tree of /proc and /sys */
	RANK_MOUNT,
	RANK_PORT_LIST,
	RANK_KLP_LIST,		/* the list of patches, for readers without RANK_KLP */
	RANK_HOOK_LIST,		/* the list of hooks, for readers without RANK_KLP */
	RANK_HOOK,		/* selectors of hooks */
	RANK_TEXT,		/* text poking */
	RANK_TRACE,		/* switches and readers of traces */
	RANK_FIFO,		/* names of FIFOs */
	RANK_PIPE,
	RANK_MODULE_MUTEX = 30,	/* mutexes of modules and samples */
	RANK_OOM,		/* choice of a process to kill: a fault under any lock above */
	RANK_MMAP,		/* mm->mmap_lock: a fault under any lock above */
	RANK_PCI,		/* claims of PCI functions: the end of a mapping may end one */
	RANK_MUTEX_ANY = 49,
	/* Spinning locks. */
	RANK_TASKLIST = 50,	/* pid table, parents, groups, sessions */
	RANK_SIGNAL,		/* process->lock */
	RANK_FILES,		/* descriptor table */
	RANK_PORT,
	RANK_FUTEX,
	RANK_SHADOW,		/* live-patch shadow variables */
	RANK_SPIN_MODULE,	/* spinlocks of modules */
	RANK_WORKQUEUE,
	RANK_MM_PAGES,		/* mm->page_lock: page tables */
	RANK_OBJECT,		/* cached file pages */
	RANK_WAITQUEUE,
	RANK_TASK_PI,		/* task->pi_lock: wake-ups of one task */
	RANK_RUNQUEUE,
	RANK_TIMER,		/* timer heap of one CPU; its functions run without it */
	RANK_SLAB,
	RANK_PAGES,		/* page allocator */
	RANK_VMAP,
	RANK_LEAF,		/* nothing is taken inside */
	RANK_LOG,
};

typedef struct spinlock {
	u32 next, owner;		/* ticket lock: fair, so latency is bounded */
	const char *name;
	u16 rank;
	s16 holder;			/* CPU, -1 = free; debug builds */
	u8 seen;			/* LOCK_SEEN_ bits; debug builds */
} spinlock_t;

/* How a lock has been taken so far: both bits together mean a possible deadlock. */
#define LOCK_SEEN_IN_IRQ	1	/* in an interrupt handler */
#define LOCK_SEEN_IRQS_ON	2	/* outside, with interrupts enabled */

#define SPINLOCK_INIT(lockname, lockrank) \
	{ .name = lockname, .rank = lockrank, .holder = -1 }
#define DEFINE_SPINLOCK_RANK(var, lockrank) \
	spinlock_t var = SPINLOCK_INIT(#var, lockrank)
/* The form that modules use. */
#define DEFINE_SPINLOCK(var)	DEFINE_SPINLOCK_RANK(var, RANK_SPIN_MODULE)

void spin_lock_init_rank(spinlock_t *lock, const char *name, enum lock_rank rank);
#define spin_lock_init(l)	spin_lock_init_rank(l, #l, RANK_SPIN_MODULE)

/*
 * In release builds the path of a free lock is inlined; debug builds call the checked functions.
 * Any context.
 */
static __always_inline void spin_lock(spinlock_t *lock);
static __always_inline void spin_unlock(spinlock_t *lock);
/* For a second lock of the same rank, if another order (by address) excludes a deadlock. */
void spin_lock_nested(spinlock_t *lock);
bool spin_trylock(spinlock_t *lock);
unsigned long spin_lock_irqsave_flags(spinlock_t *lock);
void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);
#define spin_lock_irqsave(lock, flags)	((flags) = spin_lock_irqsave_flags(lock))
/* The faster form, if interrupts are known to be on. */
static __always_inline void spin_lock_irq(spinlock_t *lock);
static __always_inline void spin_unlock_irq(spinlock_t *lock);
/* True if this CPU holds @lock (debug builds; always true otherwise). */
bool spin_is_held(const spinlock_t *lock);
#define assert_spin_held(l)	debug_assert(spin_is_held(l))

/*
 * The checker, kernel/base/lockcheck.c; empty in release builds.
 *
 * The interrupt entry calls irq_enter()/irq_exit() around a handler, so that the checker knows
 * the locks of the interrupted code.
 */
void lockcheck_irq_enter(void);
void lockcheck_irq_exit(void);
static __always_inline void irq_enter(void)
{
	if (CONFIG_DEBUG)
		lockcheck_irq_enter();
}

static __always_inline void irq_exit(void)
{
	if (CONFIG_DEBUG)
		lockcheck_irq_exit();
}

/* Panics if this CPU holds a spinlock or handles an interrupt: called before a task sleeps. */
void lockcheck_may_sleep(const char *what);

/* The longest times seen on one CPU since lock_stat_reset(); zeroes in release builds. */
struct lock_stat {
	u64 hold_ns;			/* longest time a spinlock was held ... */
	const char *hold_name;		/* ... and which */
	/* longest time with interrupts off by a lock or a handler ... */
	u64 irq_off_ns;
	const char *irq_off_name;	/* ... and the lock, or "interrupt" */
};
void lock_stat_read(unsigned cpu, struct lock_stat *out);
void lock_stat_reset(void);
/*
 * Around a section that turns interrupts off without a spinlock and may be long: it is measured,
 * too.  @since is the result of begin.
 */
u64 __irqs_off_begin(void);
void __irqs_off_end(u64 since, const char *name);
static __always_inline u64 irqs_off_begin(void)
{
	return CONFIG_DEBUG ? __irqs_off_begin() : 0;
}
static __always_inline void irqs_off_end(u64 since, const char *name)
{
	if (CONFIG_DEBUG)
		__irqs_off_end(since, name);
}

/* ---- the inlined functions: see spinlock.c ---------------------------------- */

void spin_lock_checked(spinlock_t *lock);	/* debug builds */
void spin_unlock_checked(spinlock_t *lock);
void spin_lock_contended(spinlock_t *lock);	/* waits until it has the lock */

/*
 * next == owner at the exchange means that no CPU had a ticket: owner does not pass next, and
 * next has not moved since owner was read.
 */
static __always_inline bool spin_take_free(spinlock_t *lock)
{
	u32 ticket = smp_load_acquire(&lock->owner);

	return cmpxchg(&lock->next, ticket, ticket + 1) == ticket;
}

static __always_inline void spin_lock(spinlock_t *lock)
{
	if (CONFIG_DEBUG)
		spin_lock_checked(lock);
	else if (unlikely(!spin_take_free(lock)))
		spin_lock_contended(lock);
}

static __always_inline void spin_unlock(spinlock_t *lock)
{
	if (CONFIG_DEBUG)
		spin_unlock_checked(lock);
	else
		smp_store_release(&lock->owner, lock->owner + 1);
}

static __always_inline void spin_lock_irq(spinlock_t *lock)
{
	debug_assert(!irqs_disabled());
	irq_disable();
	spin_lock(lock);
}

static __always_inline void spin_unlock_irq(spinlock_t *lock)
{
	spin_unlock(lock);
	irq_enable();
}

#endif
