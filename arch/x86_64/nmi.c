/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NMIs: stopping the other CPUs, samples of other CPUs, the NMI button, and unknown NMIs.
 *
 * The processor blocks further NMIs until the next iret, and the iret of a nested exception
 * counts, too; a second NMI then overwrites the frame of the first.  So code in an NMI must not
 * trap.  No function here has an entry slot or calls a function with one, since live patching and
 * probes put breakpoints there. tools/nmicheck.py proves this in every build, from nmi_common on.
 * The work that an NMI requires is done as follows:
 *
 *	stopped by a panic	here: the CPU halts permanently
 *	asked where it is	here: the CPU waits until the other CPU has looked
 *	the NMI timer		here: a count.  At its limit a report on that other stack,
 *				from which the CPU returns to the interrupted code
 *	the button		on another stack (nmi_leave), with a copy of the registers; it
 *				may trap, and NMIs that come then return at once
 *	unknown		in an interrupt that it sends to itself (nmi_report)
 *
 * Of the other interrupt stacks, that of #MC is not left alive; that of #DF is abandoned by an
 * oops after a stack overflow.  From user mode the frame of a #DB is moved away before other code
 * runs.  From the kernel a #DB is an access to a watched word of the program, which an NMI does
 * not access. debugreg_hit() must not access one either; so it has no slot, and nmicheck.py
 * checks it as well.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/printk.h>
#include <neurath/trace.h>
#include "apic.h"
#include "clock.h"
#include "entry.h"
#include "segments.h"
#include "smp.h"
#include "traps.h"

#define NMI_STOP_WAIT_US	100000

bool nmi_panics;
static bool nmi_stopping;
static unsigned int nmi_stopper;	/* the CPU that stops the others; set before nmi_stopping */
static const struct pt_regs *nmi_stopped_regs[NR_CPUS];
/* For each CPU: the number of unknown NMIs, and how many of them were logged. */
static unsigned int nmi_unknown[NR_CPUS], nmi_told[NR_CPUS];
static bool nmi_locked_up[NR_CPUS];	/* own CPU: it reports on the other stack */

notrace void arch_halt(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

/* ---- samples of another CPU -------------------------------------------------- */

/*
 * One look at a time.  The examined CPU provides its registers and waits in its NMI until @over
 * has reached the number of the look.  It reads no other data of the looking CPU: if that CPU
 * panics, the panic stops both.
 */
static struct {
	bool busy;			/* (exchange) */
	u32 cpu_plus_1;			/* the CPU that is asked; 0 = none */
	u32 number, over;		/* number of this look; number of the last completed look */
	const struct pt_regs *regs;	/* registers of the CPU that is asked; NULL = not yet */
} nmi_look;

/* The NMIs of looks that each CPU must expect: one may come late, after its look has ended. */
static unsigned int nmi_expected[NR_CPUS];

/* Longer than a virtual machine's CPU usually has to wait. */
#define NMI_LOOK_WAIT_NS	(1000 * NSEC_PER_MSEC)

/* True if this NMI belongs to a look, which is over or came too late. */
static notrace bool nmi_show(unsigned int cpu, const struct pt_regs *regs)
{
	u32 number;

	if (!READ_ONCE(nmi_expected[cpu]))
		return false;
	__atomic_fetch_sub(&nmi_expected[cpu], 1, __ATOMIC_SEQ_CST);
	/* Pairs with the release in arch_look_at_cpu(): the number belongs to this look. */
	if (smp_load_acquire(&nmi_look.cpu_plus_1) != cpu + 1)
		return true;
	number = READ_ONCE(nmi_look.number);
	/* Pairs with the acquire there: the looker sees this CPU's stores with its registers. */
	smp_store_release(&nmi_look.regs, regs);
	while ((s32)(smp_load_acquire(&nmi_look.over) - number) < 0 && !READ_ONCE(nmi_stopping))
		cpu_relax();
	/* The NMI that stops this CPU is blocked until the iret. */
	return true;
}

static bool nmi_await_registers(void)
{
	u64 until = clock_ns() + NMI_LOOK_WAIT_NS;

	while (!smp_load_acquire(&nmi_look.regs)) {
		if (clock_ns() > until)
			return false;
		cpu_relax();
	}
	return true;
}

int arch_look_at_cpu(unsigned int cpu, void (*look)(const struct pt_regs *regs, void *arg),
		     void *arg)
{
	unsigned long flags;
	bool came;

	assert(cpu != cpu_id() && cpu < nr_cpus);
	/* No wait with interrupts off: the other CPU may wait for this CPU's answer. */
	flags = irq_save();
	if (xchg(&nmi_look.busy, true)) {
		irq_restore(flags);
		return -EBUSY;
	}
	WRITE_ONCE(nmi_look.regs, NULL);
	WRITE_ONCE(nmi_look.number, nmi_look.number + 1);
	__atomic_fetch_add(&nmi_expected[cpu], 1, __ATOMIC_SEQ_CST);
	smp_store_release(&nmi_look.cpu_plus_1, cpu + 1);
	lapic_send(cpus[cpu].apic_id, APIC_NMI, 0);
	came = nmi_await_registers();
	/* The CPU does not answer any more, or it answers after all and continues at once. */
	WRITE_ONCE(nmi_look.cpu_plus_1, 0);
	if (came)
		look(nmi_look.regs, arg);
	smp_store_release(&nmi_look.over, nmi_look.number);
	/* Pairs with the exchange above: this look is over before the next one. */
	smp_store_release(&nmi_look.busy, false);
	irq_restore(flags);
	return came ? 0 : -ETIMEDOUT;
}

/* A loop over words: memcpy() has a slot. */
static notrace void nmi_copy_regs(struct pt_regs *to, const struct pt_regs *from)
{
	const volatile unsigned long *source = (const unsigned long *)from;
	unsigned long *target = (unsigned long *)to;

	for (size_t i = 0; i < sizeof(*to) / sizeof(*target); i++)
		target[i] = source[i];
}

/* The registers at the top of the other stack; NULL: return to the interrupted code. */
notrace struct pt_regs *nmi_dispatch(struct pt_regs *regs)
{
	unsigned int cpu = cpu_id();
	struct pt_regs *copy = nmi_panic_regs(this_cpu()->arch);

	if (trace_is_on(nmi_handler))
		trace_nmi_handler(regs->rip);
	/* Pairs with the release in arch_stop_others(): the stopper is known. */
	if (smp_load_acquire(&nmi_stopping)) {
		if (nmi_stopper == cpu)
			return NULL;
		if (!nmi_stopped_regs[cpu])
			smp_store_release(&nmi_stopped_regs[cpu], regs);
		arch_halt();
	}
	if (nmi_show(cpu, regs))
		return NULL;
	if (nmi_timer_came()) {
		if (!nmi_timer_is_stuck(regs) || nmi_locked_up[cpu])
			return NULL;
		nmi_copy_regs(copy, regs);
		WRITE_ONCE(nmi_locked_up[cpu], true);
		return copy;
	}
	if (!nmi_panics) {
		WRITE_ONCE(nmi_unknown[cpu], nmi_unknown[cpu] + 1);
		lapic_send_self(VECTOR_LOG);
		return NULL;
	}
	/* This CPU panics already, or uses the other stack for a report. */
	if (nmi_stopped_regs[cpu] || nmi_locked_up[cpu])
		return NULL;
	nmi_copy_regs(copy, regs);
	/* The NMI button interrupts all CPUs: those that do not report leave registers here. */
	smp_store_release(&nmi_stopped_regs[cpu], copy);
	return copy;
}

/* On the other stack.  It may trap; then NMIs come, and use only their own stack. */
void nmi_left(struct pt_regs *regs)
{
	bool *locked_up = &nmi_locked_up[cpu_id()];

	if (!*locked_up)
		panic_regs(regs, "NMI on request");
	nmi_timer_report(regs);
	WRITE_ONCE(*locked_up, false);
}

/* Called in the log interrupt, interrupts off. */
void nmi_report(void)
{
	unsigned int cpu = cpu_id(), seen = READ_ONCE(nmi_unknown[cpu]);

	if (seen == nmi_told[cpu])
		return;
	if (seen == nmi_told[cpu] + 1)
		pr_warn("NMI without a known reason\n");
	else
		pr_warn("%u NMIs without a known reason\n", seen - nmi_told[cpu]);
	nmi_told[cpu] = seen;
}

/* ---- stop of the other CPUs ------------------------------------------------ */

const struct pt_regs *arch_stopped_regs(unsigned int cpu)
{
	return smp_load_acquire(&nmi_stopped_regs[cpu]);
}

void arch_stop_others(void)
{
	u64 others = READ_ONCE(cpus_online) & ~BIT(cpu_id());
	unsigned int waited = 0;

	nmi_stopper = cpu_id();
	/* Pairs with the acquire in nmi_dispatch(): the stopper does not stop itself. */
	smp_store_release(&nmi_stopping, true);
	for (u64 left = others; left; left &= left - 1)
		lapic_send(cpus[__builtin_ctzl(left)].apic_id, APIC_NMI, 0);
	for (u64 left = others; left && waited < NMI_STOP_WAIT_US; waited += 10) {
		if (arch_stopped_regs((unsigned int)__builtin_ctzl(left)))
			left &= left - 1;
		else
			clock_delay_us(10);
	}
}
