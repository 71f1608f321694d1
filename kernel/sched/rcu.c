/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read sections of modules (<linux/rcupdate.h>).  A reader does not sleep, so it stays on its
 * CPU: a count for each CPU tells whether a section is open on it.
 */
#include <neurath/export.h>
#include <neurath/rcu.h>
#include <neurath/sched.h>

static struct {
	unsigned int nesting;		/* only its own CPU writes it, also in interrupts */
} __cacheline_aligned rcu_cpu[NR_CPUS];

void rcu_read_lock(void)
{
	unsigned int *nesting = &rcu_cpu[cpu_id()].nesting;

	/* An interrupt between load and store restores the count before it returns. */
	WRITE_ONCE(*nesting, *nesting + 1);
	/* Pairs with synchronize_rcu(): it sees the count, or we see its change of pointers. */
	smp_mb();
}
EXPORT_SYMBOL(rcu_read_lock);

void rcu_read_unlock(void)
{
	unsigned int *nesting = &rcu_cpu[cpu_id()].nesting;

	smp_store_release(nesting, *nesting - 1);
}
EXPORT_SYMBOL(rcu_read_unlock);

void synchronize_rcu(void)
{
	smp_mb();			/* pairs with rcu_read_lock() */
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		while (smp_load_acquire(&rcu_cpu[cpu].nesting)) {
			cpu_relax();
			cond_resched();
		}
	}
}
EXPORT_SYMBOL(synchronize_rcu);
