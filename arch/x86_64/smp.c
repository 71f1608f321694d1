/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of a function on all CPUs. (nmi.c stops CPUs.)
 *
 * One call at a time, described by smp_call under smp_call_lock.  The caller
 * waits with interrupts on, so two callers cannot wait for each other.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/printk.h>
#include <neurath/return_hook.h>
#include <neurath/spinlock.h>
#include <neurath/trace.h>
#include "apic.h"
#include "clock.h"
#include "entry.h"
#include "smp.h"
#include "traps.h"
#include "x86.h"

struct smp_call {
	void (*fn)(void *arg);
	void *arg;
	struct smp_answers answers;	/* of the CPUs that have run it */
};

/* The number of tests before a waiting CPU halts, under a hypervisor. */
#define SMP_WAIT_SPINS	200

static DEFINE_SPINLOCK_RANK(smp_call_lock, RANK_LEAF);
static struct smp_call smp_call;	/* (smp_call_lock) */

void smp_answers_expect(struct smp_answers *a, u64 cpus_asked)
{
	a->caller = cpu_id();
	smp_store_release(&a->waiting, cpus_asked);
}

notrace void smp_answer(struct smp_answers *a)
{
	/* Pairs with the acquire in smp_answers_wait(): the waiter sees the effects. */
	u64 left = __atomic_and_fetch(&a->waiting, ~BIT(cpu_id()), __ATOMIC_SEQ_CST);

	/*
	 * Pairs with the exchange in smp_answers_wait(): this sees a CPU that halted before the
	 * bit was cleared.  If it did not halt, this may belong to the next request already: then
	 * a CPU gets a needless interrupt.
	 */
	if (left == 0 && READ_ONCE(a->halted))
		arch_send_resched(READ_ONCE(a->caller));
}

void smp_answers_wait(struct smp_answers *a)
{
	for (unsigned int i = 0; smp_load_acquire(&a->waiting); i++) {
		if (!cpu_is_virtual || i < SMP_WAIT_SPINS) {
			cpu_relax();
			continue;
		}
		irq_disable();
		/* A full barrier between this store and the next test: see smp_answer(). */
		(void)xchg(&a->halted, true);
		if (smp_load_acquire(&a->waiting))
			cpu_wait_for_interrupt();
		irq_enable();
	}
	WRITE_ONCE(a->halted, false);
}

notrace void smp_call_interrupt(void)
{
	smp_call.fn(smp_call.arg);
	smp_answer(&smp_call.answers);
}

void smp_call_all(void (*fn)(void *arg), void *arg, bool self)
{
	u64 others;

	assert(!irqs_disabled());
	spin_lock(&smp_call_lock);
	others = READ_ONCE(cpus_online) & ~BIT(cpu_id());
	smp_call.fn = fn;
	smp_call.arg = arg;
	smp_answers_expect(&smp_call.answers, others);
	for (u64 left = others; left; left &= left - 1) {
		unsigned int cpu = (unsigned int)__builtin_ctzl(left);

		if (trace_is_on(ipi_send_cpu))
			trace_ipi_send_cpu(cpu, RETURN_ADDRESS(), fn);
		lapic_send(cpus[cpu].apic_id, APIC_FIXED, VECTOR_CALL);
	}
	if (self) {
		unsigned long flags = irq_save();

		fn(arg);
		irq_restore(flags);
	}
	smp_answers_wait(&smp_call.answers);
	spin_unlock(&smp_call_lock);
}

static notrace void smp_serialise(void *arg)
{
	cpuid(0, 0);
}

void smp_sync_core(void)
{
	unsigned long callsite = RETURN_ADDRESS();

	if (trace_is_on(klp_round))
		trace_klp_round(callsite, false);
	smp_call_all(smp_serialise, NULL, true);
	if (trace_is_on(klp_round))
		trace_klp_round(callsite, true);
}

/* ---- interrupts without an answer -------------------------------------------- */

void arch_raise_log_interrupt(void)
{
	lapic_send(this_cpu()->apic_id, APIC_FIXED, VECTOR_LOG);
}

void arch_send_resched(unsigned int cpu)
{
	if (trace_is_on(ipi_send_cpu))
		trace_ipi_send_cpu(cpu, RETURN_ADDRESS(), NULL);
	lapic_send(cpus[cpu].apic_id, APIC_FIXED, VECTOR_RESCHEDULE);
}
