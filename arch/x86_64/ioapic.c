/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IO-APICs: the CPU and the vector for each interrupt input.
 *
 * Registers are accessed through an index and a data register, so the caller serialises (irq_lock
 * in irq.c).  Destinations are physical APIC ids with 8 bits.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/printk.h>
#include "acpi.h"
#include "ioapic.h"
#include "pagetable.h"

#define IOAPIC_INDEX		(0x00 / 4)
#define IOAPIC_DATA		(0x10 / 4)
#define IOAPIC_VERSION		0x01
#define IOAPIC_ROUTE(input)	(0x10 + 2 * (input))
/* more than the field can contain: a missing IO-APIC reads as all ones */
#define IOAPIC_INPUTS_MAX	240

#define ROUTE_NMI		(4u << 8)
#define ROUTE_ACTIVE_LOW	(1u << 13)
#define ROUTE_LEVEL		(1u << 15)
#define ROUTE_MASKED		(1u << 16)

struct ioapic {
	volatile u32 *regs;
	u32 gsi_base;
	u32 inputs;
};

static struct ioapic ioapics[ACPI_MAX_IOAPICS];

static u32 ioapic_read(const struct ioapic *io, u32 reg)
{
	io->regs[IOAPIC_INDEX] = reg;
	return io->regs[IOAPIC_DATA];
}

static void ioapic_write(const struct ioapic *io, u32 reg, u32 value)
{
	io->regs[IOAPIC_INDEX] = reg;
	io->regs[IOAPIC_DATA] = value;
}

static const struct ioapic *ioapic_of_gsi(u32 gsi)
{
	for (unsigned int i = 0; i < acpi.nr_ioapics; i++)
		if (gsi - ioapics[i].gsi_base < ioapics[i].inputs)
			return &ioapics[i];
	return NULL;
}

bool ioapic_has_input(u32 gsi)
{
	return ioapic_of_gsi(gsi) != NULL;
}

void ioapic_write_route(u32 gsi, const struct ioapic_route *route)
{
	const struct ioapic *io = ioapic_of_gsi(gsi);
	u32 low = route->vector, input;

	assert(io);
	input = gsi - io->gsi_base;
	if (route->nmi)
		low = ROUTE_NMI;
	if (route->active_low)
		low |= ROUTE_ACTIVE_LOW;
	if (route->level)
		low |= ROUTE_LEVEL;
	/*
	 * Masked while its two halves are inconsistent.  An edge that comes meanwhile is lost
	 * (82093AA, 3.2.4), and its device may not send another one.
	 */
	debug_assert(route->level || route->masked ||
		     ioapic_read(io, IOAPIC_ROUTE(input)) & ROUTE_MASKED);
	ioapic_write(io, IOAPIC_ROUTE(input), low | ROUTE_MASKED);
	ioapic_write(io, IOAPIC_ROUTE(input) + 1, route->apic_id << 24);
	if (!route->masked)
		ioapic_write(io, IOAPIC_ROUTE(input), low);
}

void __init ioapic_init(void)
{
	for (unsigned int i = 0; i < acpi.nr_ioapics; i++) {
		struct ioapic *io = &ioapics[i];

		io->regs = kmap_device(acpi.ioapics[i].address, PAGE_SIZE);
		io->gsi_base = acpi.ioapics[i].gsi_base;
		io->inputs = (ioapic_read(io, IOAPIC_VERSION) >> 16 & 0xff) + 1;
		if (io->inputs > IOAPIC_INPUTS_MAX) {
			pr_warn("ioapic: nothing answers at %012lx\n", acpi.ioapics[i].address);
			io->inputs = 0;
		}
		for (u32 input = 0; input < io->inputs; input++)
			ioapic_write(io, IOAPIC_ROUTE(input), ROUTE_MASKED);
	}
}
