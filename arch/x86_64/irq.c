/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts: from the vector to who wants it, and the interprocessor ones.
 *
 * interrupt_dispatch() runs with interrupts off, on the stack of the task that
 * was interrupted.  Handlers do not sleep and do not enable interrupts.
 *
 * Lines 0 to 15 are ISA lines, those above are messages (MSI); each goes to the
 * boot CPU with a vector of its own.
 * irq_lock protects the table and the IO-APIC registers; it is taken in
 * interrupts, so with interrupts off everywhere.
 *
 * A masked level-triggered line is masked in the IO-APIC.  An edge that came
 * while its input was masked there would be lost, and with a device that keeps
 * its line up until it is served, so would all later ones.  So edge-triggered
 * lines stay open: an edge on a masked line is noted and delivered when the
 * line is unmasked.  Messages are edges, too.
 */
#include <neurath/arch.h>
#include <neurath/hook.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/printk.h>
#include <neurath/spinlock.h>
#include "acpi.h"
#include "apic.h"
#include "clock.h"
#include "entry.h"
#include "ioapic.h"
#include "irq_stat.h"
#include "pagetable.h"
#include "smp.h"
#include "traps.h"

#define IRQ_LINES	VECTOR_IRQ_COUNT
#define IRQ_ISA_LINES	16
/* Where a device writes to interrupt a CPU: bits 12 to 19 say which. */
#define MESSAGE_ADDRESS	0xfee00000u

/* All fields: irq_lock. */
struct irq_line {
	irq_handler_t handler;		/* NULL: free */
	void *arg;
	bool masked;
	bool pending;			/* an edge came while it was masked */
};

static DEFINE_SPINLOCK_RANK(irq_lock, RANK_LEAF);
static struct irq_line irq_lines[IRQ_LINES];

static bool irq_is_level(unsigned int line)
{
	return line < IRQ_ISA_LINES && acpi.isa[line].level;
}

/* A message has no route here: whoever owns the device stops it there. */
static void irq_route(unsigned int line, bool masked)
{
	const struct acpi_isa_irq *isa;
	struct ioapic_route route;

	if (line >= IRQ_ISA_LINES)
		return;
	isa = &acpi.isa[line];
	route = (struct ioapic_route){
		.vector = (u8)(VECTOR_IRQ + line),
		.apic_id = cpus[0].apic_id,
		.level = isa->level,
		.active_low = isa->active_low,
		.masked = masked,
	};
	ioapic_write_route(isa->gsi, &route);
}

int irq_request(unsigned int line, irq_handler_t handler, void *arg)
{
	unsigned long flags;
	int err = -EBUSY;

	if (line >= IRQ_ISA_LINES || !ioapic_has_input(acpi.isa[line].gsi))
		return -EINVAL;
	spin_lock_irqsave(&irq_lock, flags);
	if (!irq_lines[line].handler) {
		irq_lines[line] = (struct irq_line){ .handler = handler, .arg = arg };
		irq_route(line, false);
		err = 0;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

int irq_request_message(irq_handler_t handler, void *arg, struct irq_message *message)
{
	unsigned long flags;
	int line;

	spin_lock_irqsave(&irq_lock, flags);
	for (line = IRQ_ISA_LINES; line < IRQ_LINES; line++) {
		if (!irq_lines[line].handler)
			break;
	}
	if (line < IRQ_LINES)
		irq_lines[line] = (struct irq_line){ .handler = handler, .arg = arg };
	spin_unlock_irqrestore(&irq_lock, flags);
	if (line == IRQ_LINES)
		return -ENOSPC;
	*message = (struct irq_message){
		.address = MESSAGE_ADDRESS | cpus[0].apic_id << 12,
		.data = VECTOR_IRQ + line,	/* fixed, edge */
	};
	return line;
}

/* Empty function for smp_call_all(): whoever answered has left older handlers. */
static void irq_nothing(void *arg)
{
}

void irq_release(unsigned int line)
{
	unsigned long flags;

	assert(line < IRQ_LINES);
	spin_lock_irqsave(&irq_lock, flags);
	irq_route(line, true);
	irq_lines[line].handler = NULL;
	spin_unlock_irqrestore(&irq_lock, flags);
	/* A handler that runs on the boot CPU is over when it answers. */
	smp_call_all(irq_nothing, NULL, false);
}

void irq_mask(unsigned int line)
{
	unsigned long flags;

	assert(line < IRQ_LINES);
	spin_lock_irqsave(&irq_lock, flags);
	irq_lines[line].masked = true;
	if (irq_is_level(line))
		irq_route(line, true);
	spin_unlock_irqrestore(&irq_lock, flags);
}

/* Takes what is to be called, so that the call happens outside the lock. */
static struct irq_line irq_take_pending(unsigned int line)
{
	struct irq_line *l = &irq_lines[line], call = { 0 };
	unsigned long flags;

	spin_lock_irqsave(&irq_lock, flags);
	if (l->handler) {
		l->masked = false;
		if (l->pending)
			call = *l;
		l->pending = false;
		irq_route(line, false);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return call;
}

void irq_unmask(unsigned int line)
{
	struct irq_line call;
	unsigned long flags;

	assert(line < IRQ_LINES);
	/* From the look on: irq_release() waits for interrupts to be on here, then frees @arg. */
	flags = irq_save();
	call = irq_take_pending(line);
	if (call.handler)
		call.handler(line, call.arg);
	irq_restore(flags);
}

static void irq_line_interrupt(unsigned int line)
{
	struct irq_line *l = &irq_lines[line], call = { 0 };

	spin_lock(&irq_lock);
	if (!l->masked)
		call = *l;
	else if (!irq_is_level(line))
		l->pending = true;
	spin_unlock(&irq_lock);
	if (call.handler)
		call.handler(line, call.arg);
}

void arch_raise_log_interrupt(void)
{
	lapic_send(this_cpu()->apic_id, APIC_FIXED, VECTOR_LOG);
}

void arch_send_resched(unsigned int cpu)
{
	lapic_send(cpus[cpu].apic_id, APIC_FIXED, VECTOR_RESCHEDULE);
}

void interrupt_dispatch(struct pt_regs *regs, unsigned long vector)
{
	/* For the lock checker: what the interrupted code holds is none of the handler's. */
	irq_enter();
	irq_stat_note(vector);
	switch (vector) {
	case VECTOR_TIMER:
		clock_interrupt(regs);
		break;
	case VECTOR_RESCHEDULE:
		/* The flag is set already; the way out of the interrupt looks at it. */
		break;
	case VECTOR_CALL:
		selector_rewind(regs);
		smp_call_interrupt();
		break;
	case VECTOR_TLB:
		tlb_interrupt();
		break;
	case VECTOR_LOG:
		printk_interrupt();
		break;
	case VECTOR_IRQ ... VECTOR_IRQ + IRQ_LINES - 1:
		irq_line_interrupt((unsigned int)vector - VECTOR_IRQ);
		break;
	case VECTOR_APIC_ERROR:
	case VECTOR_SPURIOUS:
		break;
	default:
		pr_warn("unexpected interrupt, vector %lu\n", vector);
	}
	/*
	 * Acknowledged last: a level-triggered line must be quiet or masked by
	 * then, or it comes once more.
	 */
	if (vector != VECTOR_SPURIOUS)
		lapic_eoi();
	irq_exit();
}
