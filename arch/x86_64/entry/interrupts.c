/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts: from the vector to the code that handles it.
 *
 * interrupt_dispatch() runs with interrupts off, on the stack of the interrupted task.  Handlers
 * do not sleep and do not enable interrupts.
 */
#include <neurath/arch.h>
#include <neurath/hook.h>
#include <neurath/klp_sched.h>
#include <neurath/printk.h>
#include <neurath/spinlock.h>
#include <neurath/sysrq.h>
#include <neurath/timer.h>
#include <neurath/trace.h>
#include "../apic.h"
#include "../clock.h"
#include "../entry.h"
#include "../irq.h"
#include "../irq_stat.h"
#include "../pagetable.h"
#include "../serial.h"
#include "../smp.h"
#include "../traps.h"

/* For each CPU: the continuation of the interrupted code; NULL: unchanged. */
static void (*irq_abandon[NR_CPUS])(void);

void arch_abandon_after_interrupt(void (*fn)(void))
{
	irq_abandon[cpu_id()] = fn;
}

/* The interrupt itself is complete here. */
static noinline void irq_leave_for_good(void)
{
	void (*fn)(void) = irq_abandon[cpu_id()];

	irq_abandon[cpu_id()] = NULL;
	arch_abandon_stack(fn);
}

static void irq_line(unsigned int line)
{
	int key = line == SERIAL_IRQ ? serial_sysrq_key(clock_ns()) : -1;

	if (key >= 0)
		sysrq_typed((char)key);
	irq_line_interrupt(line);
}

void interrupt_dispatch(struct pt_regs *regs, unsigned long vector)
{
	/* For the lock checker: locks of the interrupted code do not count for the handler. */
	irq_enter();
	irq_stat_note(vector);
	if (trace_is_on(vector_entry))
		trace_vector_entry((unsigned int)vector);
	switch (vector) {
	case VECTOR_TIMER:
		if (clock_interrupt())
			timer_interrupt(regs);
		break;
	case VECTOR_RESCHEDULE:
		/* The flag is set already; the exit of the interrupt tests it. */
		break;
	case VECTOR_CALL:
		selector_rewind(regs);
		smp_call_interrupt();
		break;
	case VECTOR_TLB:
		tlb_interrupt();
		break;
	case VECTOR_LOG:
		nmi_report();
		printk_interrupt();
		trace_interrupt();
		break;
	case VECTOR_IRQ ... VECTOR_IRQ + VECTOR_IRQ_COUNT - 1:
		irq_line((unsigned int)vector - VECTOR_IRQ);
		break;
	case VECTOR_APIC_ERROR:
	case VECTOR_SPURIOUS:
		break;
	default:
		pr_warn("unexpected interrupt, vector %lu\n", vector);
	}
	/*
	 * Acknowledged last: a level-triggered line must be inactive or masked by then, or it
	 * causes another interrupt.
	 */
	if (vector != VECTOR_SPURIOUS)
		lapic_eoi();
	if (trace_is_on(vector_exit))
		trace_vector_exit((unsigned int)vector);
	irq_exit();
	klp_interrupted();
	if (unlikely(irq_abandon[cpu_id()]))
		irq_leave_for_good();
}
