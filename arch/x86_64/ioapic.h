/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: the IO-APICs, see ioapic.c. */
#ifndef ARCH_X86_64_IOAPIC_H
#define ARCH_X86_64_IOAPIC_H

#include <neurath/types.h>

struct ioapic_route {
	u8 vector;
	u32 apic_id;
	bool level, active_low, masked;
	bool nmi;			/* an edge is an NMI; @vector has no meaning */
};

/* Maps the IO-APICs of the MADT and masks every input. */
void ioapic_init(void);
bool ioapic_has_input(u32 gsi);
/* Caller holds irq_lock. */
void ioapic_write_route(u32 gsi, const struct ioapic_route *route);

#endif
