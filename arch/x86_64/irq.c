/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt lines: the handler of each line, and its mask.  Handlers run with interrupts off;
 * they do not sleep and do not enable interrupts.
 *
 * Lines 0 to 15 are ISA lines, higher lines are messages (MSI).  Each goes to the boot CPU with
 * its own vector. irq_lock protects the table and the IO-APIC registers; interrupts take it, so
 * it is always held with interrupts off.
 *
 * A masked level-triggered line is masked in the IO-APIC.  An edge that comes while its input is
 * masked there would be lost; if a device keeps its line active until it is served, all later
 * edges would be lost, too.  So edge-triggered lines stay open: an edge on a masked line is
 * recorded, and delivered when the line is unmasked.  Messages are edges, too.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/spinlock.h>
#include <neurath/trace.h>
#include "acpi.h"
#include "ioapic.h"
#include "irq.h"
#include "traps.h"

#define IRQ_LINES	VECTOR_IRQ_COUNT
#define IRQ_ISA_LINES	16
/* The address to which a device writes to interrupt a CPU; bits 12 to 19 select the CPU. */
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

/* A message has no route here: the owner of the device masks it in the device. */
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
	int error = -EBUSY;

	if (line >= IRQ_ISA_LINES || !ioapic_has_input(acpi.isa[line].gsi))
		return -EINVAL;
	spin_lock_irqsave(&irq_lock, flags);
	if (!irq_lines[line].handler) {
		irq_lines[line] = (struct irq_line){ .handler = handler, .arg = arg };
		irq_route(line, false);
		error = 0;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return error;
}

static void irq_never(unsigned int line, void *arg)
{
}

int irq_line_to_nmi(unsigned int line)
{
	const struct acpi_isa_irq *isa = &acpi.isa[line];
	const struct ioapic_route route = { .apic_id = cpus[0].apic_id, .nmi = true };
	unsigned long flags;
	int error = 0;

	assert(line < IRQ_ISA_LINES);
	if (!ioapic_has_input(isa->gsi) || isa->level)
		return -EINVAL;
	spin_lock_irqsave(&irq_lock, flags);
	if (irq_lines[line].handler) {
		error = -EBUSY;
	} else {
		/* The handler keeps irq_request() away; no vector leads to it. */
		irq_lines[line].handler = irq_never;
		ioapic_write_route(isa->gsi, &route);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return error;
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

/* Empty function for smp_call_all(): a CPU that answers has left older handlers. */
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
	/* A handler that runs on the boot CPU has returned when the boot CPU answers. */
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

/* Takes the handler to call, so that the call happens outside of the lock. */
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
		/* An edge-triggered input was not masked: irq_mask() only sets @masked. */
		if (irq_is_level(line))
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
	/*
	 * From the look-up on: irq_release() waits until interrupts are on here, then frees @arg.
	 */
	flags = irq_save();
	call = irq_take_pending(line);
	if (call.handler)
		call.handler(line, call.arg);
	irq_restore(flags);
}

void irq_line_interrupt(unsigned int line)
{
	struct irq_line *l = &irq_lines[line], call = { 0 };

	spin_lock(&irq_lock);
	if (!l->masked)
		call = *l;
	else if (!irq_is_level(line))
		l->pending = true;
	spin_unlock(&irq_lock);
	if (!call.handler)
		return;
	if (trace_is_on(irq_handler_entry))
		trace_irq_handler_entry(line);
	call.handler(line, call.arg);
	if (trace_is_on(irq_handler_exit))
		trace_irq_handler_exit(line);
}
