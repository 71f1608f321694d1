/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock checker of debug builds.
 *
 * Spinlocks: each CPU keeps a stack of the locks that it holds.  It panics, with the names of
 * both locks, at a wait for a lock whose rank is not above all held ones, for a lock that it
 * holds already, or, with interrupts on, for a lock that an interrupt handler also takes.  An
 * interrupt handler starts with an empty stack (irq_enter): locks of the interrupted code can
 * cause a deadlock only if the handler takes the same ones, and the third rule finds this.  A
 * successful trylock is recorded and not checked, because it does not wait.
 *
 * Mutexes: each task keeps the list of its mutexes, with the same rule of ranks.
 *
 * The checker also measures the longest hold of a spinlock and the longest time with interrupts
 * off.  No function here has an entry slot or takes a lock.  After a panic the checker is off,
 * because the report breaks its rules.
 */
#include <neurath/bug.h>
#include <neurath/mutex.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/lockcheck.h>

#define HELD_MAX	12

struct held_spinlock {
	spinlock_t *lock;
	u64 since_ns;
	unsigned long where;		/* where it was taken */
	bool irqs_were_on;		/* interrupts were on around the critical section */
};

/* The data of one CPU; only that CPU writes it, with interrupts off. */
struct lock_cpu {
	struct held_spinlock held[HELD_MAX];
	unsigned count;
	unsigned base;			/* first entry of the innermost interrupt */
	unsigned irq_depth;
	unsigned saved_base[4];
	u64 irq_off_since;		/* by a lock or an interrupt; 0 = not measured */
	struct lock_stat stat;
} __cacheline_aligned;

static struct lock_cpu lock_cpus[NR_CPUS];
static bool lockcheck_dead;		/* a panic is in progress */

static notrace __noreturn void lockcheck_panic(const char *what, const char *a, const char *b)
{
	WRITE_ONCE(lockcheck_dead, true);
	panic("lock checker: %s: %s, %s", what, a, b);
}

/* @where: the cause of the error; the panic's own stack shows the place of the sleep. */
static notrace __noreturn void lockcheck_panic_sleep(const char *what, const char *why,
						     const char *lock, unsigned long where)
{
	WRITE_ONCE(lockcheck_dead, true);
	panic("lock checker: %s sleeps, %s %s since %pS", what, why, lock, (void *)where);
}

/* The two module ranks stand for locks whose order only their module knows. */
static notrace bool lockcheck_may_nest(unsigned held, unsigned wanted)
{
	return wanted > held || (wanted == held && (wanted == RANK_SPIN_MODULE ||
						    wanted == RANK_MODULE_MUTEX));
}

static notrace void lockcheck_context(struct lock_cpu *lc, spinlock_t *lock)
{
	u8 seen = lock->seen;

	if (lc->irq_depth)
		seen |= LOCK_SEEN_IN_IRQ;
	else if (!irqs_disabled())
		seen |= LOCK_SEEN_IRQS_ON;
	if (seen == lock->seen)
		return;
	lock->seen = seen;
	if (seen == (LOCK_SEEN_IN_IRQ | LOCK_SEEN_IRQS_ON))
		lockcheck_panic("taken in interrupts and with interrupts on", lock->name, "");
}

notrace void lockcheck_before(spinlock_t *lock)
{
	unsigned long flags = irq_save();
	struct lock_cpu *lc = &lock_cpus[cpu_id()];

	if (!READ_ONCE(lockcheck_dead)) {
		if (lock->holder == (s16)cpu_id())
			lockcheck_panic("taken twice", lock->name, "by this CPU");
		for (unsigned i = lc->base; i < lc->count; i++)
			if (!lockcheck_may_nest(lc->held[i].lock->rank, lock->rank))
				lockcheck_panic("order (held, wanted)", lc->held[i].lock->name,
						lock->name);
	}
	irq_restore(flags);
	if (!READ_ONCE(lockcheck_dead))
		lockcheck_context(lc, lock);
}

notrace void lockcheck_taken(spinlock_t *lock, unsigned long where)
{
	unsigned long flags = irq_save();
	struct lock_cpu *lc = &lock_cpus[cpu_id()];

	lock->holder = (s16)cpu_id();
	if (!READ_ONCE(lockcheck_dead)) {
		u64 now = clock_ns();

		if (lc->count == HELD_MAX)
			lockcheck_panic("too many locks held", lock->name, "");
		lc->held[lc->count++] = (struct held_spinlock){
			.lock = lock, .since_ns = now, .where = where,
			.irqs_were_on = flags & (1UL << 9) };
	}
	irq_restore(flags);
}

static notrace void lockcheck_measure(struct lock_cpu *lc, const struct held_spinlock *h)
{
	u64 held = clock_ns() - h->since_ns;

	if (held > lc->stat.hold_ns) {
		lc->stat.hold_ns = held;
		lc->stat.hold_name = h->lock->name;
	}
	/* The outermost lock taken with interrupts off represents the whole section. */
	if (!h->irqs_were_on && lc->count == 0 && held > lc->stat.irq_off_ns) {
		lc->stat.irq_off_ns = held;
		lc->stat.irq_off_name = h->lock->name;
	}
}

notrace void lockcheck_release(spinlock_t *lock)
{
	unsigned long flags = irq_save();
	struct lock_cpu *lc = &lock_cpus[cpu_id()];
	unsigned i = lc->count;

	if (!READ_ONCE(lockcheck_dead)) {
		if (lock->holder != (s16)cpu_id())
			lockcheck_panic("released by a CPU that does not hold it", lock->name, "");
		while (i > 0 && lc->held[i - 1].lock != lock)
			i--;
		if (i == 0)
			lockcheck_panic("released but not recorded", lock->name, "");
		struct held_spinlock h = lc->held[i - 1];

		for (; i < lc->count; i++)
			lc->held[i - 1] = lc->held[i];
		lc->count--;
		lockcheck_measure(lc, &h);
	}
	lock->holder = -1;
	irq_restore(flags);
}

notrace void lockcheck_irq_enter(void)
{
	struct lock_cpu *lc = &lock_cpus[cpu_id()];

	if (lc->irq_depth == 0)
		lc->irq_off_since = clock_ns();
	lc->saved_base[lc->irq_depth++ % ARRAY_SIZE(lc->saved_base)] = lc->base;
	lc->base = lc->count;
}

notrace void lockcheck_irq_exit(void)
{
	struct lock_cpu *lc = &lock_cpus[cpu_id()];

	if (!READ_ONCE(lockcheck_dead) && lc->count != lc->base)
		lockcheck_panic("held at the end of an interrupt",
				lc->held[lc->count - 1].lock->name, "");
	lc->base = lc->saved_base[--lc->irq_depth % ARRAY_SIZE(lc->saved_base)];
	if (lc->irq_depth == 0) {
		u64 off = clock_ns() - lc->irq_off_since;

		if (off > lc->stat.irq_off_ns) {
			lc->stat.irq_off_ns = off;
			lc->stat.irq_off_name = "interrupt";
		}
	}
}

notrace void lockcheck_may_sleep(const char *what)
{
	struct lock_cpu *lc = &lock_cpus[cpu_id()];

	if (!CONFIG_DEBUG || READ_ONCE(lockcheck_dead))
		return;
	if (lc->count)
		lockcheck_panic_sleep(what, "spinlock held", lc->held[lc->count - 1].lock->name,
				      lc->held[lc->count - 1].where);
	if (lc->irq_depth)
		lockcheck_panic("in an interrupt", what, "");
	/* An idle task calls schedule() with interrupts off. */
	if (irqs_disabled() && !(current->pflags & PF_IDLE))
		lockcheck_panic_sleep(what, "interrupts off", "", this_cpu()->irqs_off_at);
}

notrace u64 __irqs_off_begin(void)
{
	return clock_ns();
}

notrace void __irqs_off_end(u64 since, const char *name)
{
	struct lock_stat *stat = &lock_cpus[cpu_id()].stat;
	u64 off = clock_ns() - since;

	debug_assert(irqs_disabled());
	if (off > stat->irq_off_ns) {
		stat->irq_off_ns = off;
		stat->irq_off_name = name;
	}
}

const char *lockcheck_held(unsigned cpu, unsigned i)
{
	const struct lock_cpu *lc = &lock_cpus[cpu];
	const spinlock_t *lock = i < READ_ONCE(lc->count) && i < HELD_MAX ? lc->held[i].lock : NULL;

	return lock ? READ_ONCE(lock->name) : NULL;
}

notrace void lock_stat_read(unsigned cpu, struct lock_stat *out)
{
	*out = lock_cpus[cpu].stat;
}

/* A measurement on another CPU may survive the reset: only one zero is lost. */
void lock_stat_reset(void)
{
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		memset(&lock_cpus[cpu].stat, 0, sizeof(lock_cpus[cpu].stat));
}

notrace void lockcheck_mutex_before(struct mutex *m)
{
	struct task *t = current;

	lockcheck_may_sleep(m->name);
	for (unsigned i = 0; i < t->held_count; i++) {
		struct mutex *held = t->held_locks[i];

		if (held == m)
			lockcheck_panic("mutex taken twice", m->name, "");
		if (!lockcheck_may_nest(held->rank, m->rank))
			lockcheck_panic("order (held, wanted)", held->name, m->name);
	}
}

notrace void lockcheck_mutex_taken(struct mutex *m)
{
	struct task *t = current;

	if (t->held_count == ARRAY_SIZE(t->held_locks))
		lockcheck_panic("too many mutexes held", m->name, "");
	t->held_locks[t->held_count++] = m;
}

notrace void lockcheck_mutex_release(struct mutex *m)
{
	struct task *t = current;
	unsigned i = t->held_count;

	while (i > 0 && t->held_locks[i - 1] != m)
		i--;
	if (i == 0)
		lockcheck_panic("mutex released by a task that does not hold it", m->name, "");
	for (; i < t->held_count; i++)
		t->held_locks[i - 1] = t->held_locks[i];
	t->held_count--;
}
