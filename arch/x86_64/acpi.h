/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data of the firmware's ACPI tables: read once at boot, constant afterwards.
 *
 * Private to arch/x86_64.
 */
#ifndef ARCH_X86_64_ACPI_H
#define ARCH_X86_64_ACPI_H

#include <neurath/types.h>

#define ACPI_MAX_IOAPICS	8

struct acpi_ioapic {
	phys_addr_t address;
	u32 gsi_base;
};

/* The connection of an ISA interrupt line to the IO-APICs. */
struct acpi_isa_irq {
	u32 gsi;
	bool level;
	bool active_low;
};

struct acpi_info {
	unsigned int nr_cpus;			/* usable CPUs; at least 1 */
	u32 apic_ids[NR_CPUS];			/* the boot CPU first */
	unsigned int nr_ioapics;
	struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
	struct acpi_isa_irq isa[16];
	phys_addr_t hpet;			/* 0: no HPET */

	/* Power: port numbers; 0 = no port. */
	u16 pm1a_control, pm1b_control;
	u8 s5_a, s5_b;				/* sleep types of soft-off */
	bool has_s5;
	u8 reset_space, reset_value;		/* reset register; space 0xff: no register */
	u64 reset_address;
};

extern struct acpi_info acpi;

/* Reads the tables; @rsdp is the firmware's root pointer or 0. */
void acpi_init(const void *rsdp);

#endif
