/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calling other CPUs: a function everywhere, and stopping all of them.
 *
 * One call at a time, described by smp_call under smp_call_lock.  The caller
 * waits with interrupts on, so two callers cannot wait for each other.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/printk.h>
#include <neurath/spinlock.h>
#include "apic.h"
#include "clock.h"
#include "entry.h"
#include "smp.h"
#include "traps.h"
#include "x86.h"

#define SMP_STOP_WAIT_US	100000

struct smp_call {
	void (*fn)(void *arg);
	void *arg;
	struct smp_answers answers;	/* of the CPUs that have run it */
};

/* How often a waiting CPU looks before it halts, under a hypervisor. */
#define SMP_WAIT_SPINS	200

static DEFINE_SPINLOCK_RANK(smp_call_lock, RANK_LEAF);
static struct smp_call smp_call;	/* (smp_call_lock) */

bool nmi_panics;
static bool smp_stopping;
static const struct pt_regs *smp_stopped_regs[NR_CPUS];

void smp_answers_expect(struct smp_answers *a, u64 cpus_asked)
{
	a->caller = cpu_id();
	smp_store_release(&a->waiting, cpus_asked);
}

notrace void smp_answer(struct smp_answers *a)
{
	/* Pairs with the acquire in smp_answers_wait(): what was done is seen there. */
	u64 left = __atomic_and_fetch(&a->waiting, ~BIT(cpu_id()), __ATOMIC_SEQ_CST);

	/*
	 * Pairs with the exchange in smp_answers_wait(): a CPU that halted before our
	 * bit was gone is seen here.  If it did not halt, this may belong to the next
	 * request already: then somebody gets an interrupt for nothing.
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
		/* Full barrier between this store and the next look: see smp_answer(). */
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
	for (u64 left = others; left; left &= left - 1)
		lapic_send(cpus[__builtin_ctzl(left)].apic_id, APIC_FIXED, VECTOR_CALL);
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
	smp_call_all(smp_serialise, NULL, true);
}

/* ---- stopping ------------------------------------------------------------- */

notrace void arch_halt(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

notrace void nmi_dispatch(struct pt_regs *regs)
{
	if (READ_ONCE(smp_stopping)) {
		smp_store_release(&smp_stopped_regs[cpu_id()], regs);
		arch_halt();
	}
	if (nmi_panics) {
		/*
		 * The NMI button reaches all CPUs at once: those that do not report leave
		 * their registers here.
		 */
		smp_store_release(&smp_stopped_regs[cpu_id()], regs);
		panic_regs(regs, "NMI on request");
	}
	pr_warn("NMI without a known reason\n");
}

const struct pt_regs *arch_stopped_regs(unsigned int cpu)
{
	return smp_load_acquire(&smp_stopped_regs[cpu]);
}

void arch_stop_others(void)
{
	u64 others = READ_ONCE(cpus_online) & ~BIT(cpu_id());
	unsigned int waited = 0;

	WRITE_ONCE(smp_stopping, true);
	for (u64 left = others; left; left &= left - 1)
		lapic_send(cpus[__builtin_ctzl(left)].apic_id, APIC_NMI, 0);
	for (u64 left = others; left && waited < SMP_STOP_WAIT_US; waited += 10) {
		if (arch_stopped_regs((unsigned int)__builtin_ctzl(left)))
			left &= left - 1;
		else
			clock_delay_us(10);
	}
}
