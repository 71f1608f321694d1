/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI without an interpreter: the fixed tables that a kernel needs to boot
 * (MADT, HPET, FADT), and the one object of the DSDT that says how to power off.
 *
 * Runs once on the boot CPU, after the final page tables are loaded.  Tables are not trusted:
 * lengths limit every walk and checksums are verified.  Invalid data is ignored, so that the
 * machine still boots with one CPU.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include "acpi.h"
#include "pagetable.h"
#include "x86.h"

struct acpi_rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
} __packed;

struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision;
	u8 checksum;
	char oem[26];
} __packed;

struct acpi_madt {
	struct acpi_header header;
	u32 lapic;
	u32 flags;
	u8 entries[];
} __packed;

struct acpi_fadt {
	struct acpi_header header;
	u32 facs, dsdt;
	u8 reserved0[4];
	u32 smi_command;
	u8 acpi_enable, acpi_disable;
	u8 reserved1[10];
	u32 pm1a_control, pm1b_control;
	u8 reserved2[40];
	u32 flags;
	u8 reset_space, reset_width, reset_offset, reset_access;
	u64 reset_address;
	u8 reset_value;
	u8 reserved3[3];
	u64 x_facs, x_dsdt;
} __packed;

_Static_assert(sizeof(struct acpi_header) == 36, "ACPI header");
_Static_assert(__builtin_offsetof(struct acpi_fadt, pm1a_control) == 64, "FADT PM1a");
_Static_assert(__builtin_offsetof(struct acpi_fadt, flags) == 112, "FADT flags");
_Static_assert(__builtin_offsetof(struct acpi_fadt, x_dsdt) == 140, "FADT X_DSDT");

#define IOAPIC_USUAL		0xfec00000

#define MADT_LAPIC		0
#define MADT_IOAPIC		1
#define MADT_OVERRIDE		2
#define MADT_X2APIC		9
#define MADT_CPU_ENABLED	1

#define FADT_RESET_SUPPORTED	(1u << 10)

struct acpi_info acpi = { .reset_space = 0xff };

static u16 __init acpi_u16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

static u32 __init acpi_u32(const u8 *p)
{
	return acpi_u16(p) | (u32)acpi_u16(p + 2) << 16;
}

static bool __init acpi_checksum_ok(const void *table, size_t size)
{
	const u8 *p = table;
	u8 sum = 0;

	while (size--)
		sum += *p++;
	return sum == 0;
}

/* The table at @pa, mapped and checked; or NULL. */
static const struct acpi_header *__init acpi_map_table(phys_addr_t pa)
{
	const struct acpi_header *table;

	if (!pa)
		return NULL;
	table = kmap_firmware(pa, sizeof(*table));
	if (table->length < sizeof(*table) || table->length > (16u << 20))
		return NULL;
	table = kmap_firmware(pa, table->length);
	return acpi_checksum_ok(table, table->length) ? table : NULL;
}

static void __init acpi_add_cpu(u32 apic_id, u32 flags)
{
	if (!(flags & MADT_CPU_ENABLED) || apic_id == acpi.apic_ids[0])
		return;
	if (acpi.nr_cpus == NR_CPUS) {
		pr_warn("acpi: more than %u CPUs, the rest stays off\n", NR_CPUS);
		return;
	}
	acpi.apic_ids[acpi.nr_cpus++] = apic_id;
}

static void __init acpi_madt_override(const u8 *e)
{
	struct acpi_isa_irq *irq;
	u16 flags = acpi_u16(e + 8);

	if (e[2] != 0 || e[3] >= 16)
		return;
	irq = &acpi.isa[e[3]];
	irq->gsi = acpi_u32(e + 4);
	irq->active_low = (flags & 3) == 3;
	irq->level = (flags >> 2 & 3) == 3;
}

static void __init acpi_madt_ioapic(const u8 *e)
{
	if (acpi.nr_ioapics == ACPI_MAX_IOAPICS) {
		pr_warn("acpi: more than %u I/O APICs, interrupts of one are lost\n",
			ACPI_MAX_IOAPICS);
		return;
	}
	acpi.ioapics[acpi.nr_ioapics].address = acpi_u32(e + 4);
	acpi.ioapics[acpi.nr_ioapics].gsi_base = acpi_u32(e + 8);
	acpi.nr_ioapics++;
}

static void __init acpi_parse_madt(const struct acpi_header *table)
{
	const struct acpi_madt *madt = (const void *)table;
	const u8 *end = (const u8 *)table + table->length;

	for (const u8 *e = madt->entries; e + 2 <= end && e[1] >= 2 && e + e[1] <= end;
	     e += e[1]) {
		if (e[0] == MADT_LAPIC && e[1] >= 8)
			acpi_add_cpu(e[3], acpi_u32(e + 4));
		else if (e[0] == MADT_X2APIC && e[1] >= 16)
			acpi_add_cpu(acpi_u32(e + 4), acpi_u32(e + 8));
		else if (e[0] == MADT_IOAPIC && e[1] >= 12)
			acpi_madt_ioapic(e);
		else if (e[0] == MADT_OVERRIDE && e[1] >= 10)
			acpi_madt_override(e);
	}
}

/* A small integer of AML at *p, or -ENOENT. */
static int __init acpi_aml_byte(const u8 **p, const u8 *end)
{
	if (*p >= end)
		return -ENOENT;
	if (**p == 0x00 || **p == 0x01)		/* Zero, One */
		return *(*p)++;
	if (**p == 0x0a && *p + 1 < end) {	/* BytePrefix */
		*p += 2;
		return (*p)[-1];
	}
	return -ENOENT;
}

/* Finds Name(_S5_, Package { a, b, ... }) without interpretation of the code around it. */
static void __init acpi_find_s5(const struct acpi_header *dsdt)
{
	const u8 *p = (const u8 *)(dsdt + 1), *end = (const u8 *)dsdt + dsdt->length;

	for (; p + 8 < end; p++) {
		const u8 *q = p + 4;
		int a, b;

		if (memcmp(p, "_S5_", 4) || *q != 0x12)
			continue;
		q++;
		q += (*q >> 6) + 1;		/* PkgLength: 1 to 4 bytes */
		q++;				/* number of elements */
		a = acpi_aml_byte(&q, end);
		b = acpi_aml_byte(&q, end);
		if (a < 0 || b < 0)
			continue;
		acpi.s5_a = (u8)a;
		acpi.s5_b = (u8)b;
		acpi.has_s5 = true;
		return;
	}
}

static void __init acpi_parse_fadt(const struct acpi_header *table)
{
	const struct acpi_fadt *fadt = (const void *)table;
	const struct acpi_header *dsdt;
	phys_addr_t pa;

	if (table->length < 116)
		return;
	acpi.pm1a_control = (u16)fadt->pm1a_control;
	acpi.pm1b_control = (u16)fadt->pm1b_control;
	pa = table->length >= 148 && fadt->x_dsdt ? fadt->x_dsdt : fadt->dsdt;
	dsdt = acpi_map_table(pa);
	if (dsdt)
		acpi_find_s5(dsdt);
	if (table->length >= 129 && (fadt->flags & FADT_RESET_SUPPORTED)) {
		acpi.reset_space = fadt->reset_space;
		acpi.reset_address = fadt->reset_address;
		acpi.reset_value = fadt->reset_value;
	}
	/* SMM owns the power registers until the operating system requests them. */
	if (fadt->smi_command && fadt->acpi_enable && acpi.pm1a_control &&
	    !(inw(acpi.pm1a_control) & 1))
		outb((u16)fadt->smi_command, fadt->acpi_enable);
}

static void __init acpi_parse_hpet(const struct acpi_header *table)
{
	const u8 *p = (const u8 *)table;

	if (table->length >= 52 && p[40] == 0)	/* in memory space */
		acpi.hpet = acpi_u32(p + 44) | (u64)acpi_u32(p + 48) << 32;
}

static void __init acpi_parse_table(phys_addr_t pa)
{
	const struct acpi_header *table = acpi_map_table(pa);

	if (!table)
		return;
	if (!memcmp(table->signature, "APIC", 4))
		acpi_parse_madt(table);
	else if (!memcmp(table->signature, "FACP", 4))
		acpi_parse_fadt(table);
	else if (!memcmp(table->signature, "HPET", 4))
		acpi_parse_hpet(table);
}

static void __init acpi_walk_root(phys_addr_t root, unsigned int width)
{
	const struct acpi_header *table = acpi_map_table(root);
	const u8 *p;

	if (!table)
		return;
	p = (const u8 *)(table + 1);
	for (; p + width <= (const u8 *)table + table->length; p += width)
		acpi_parse_table(width == 8 ? acpi_u32(p) | (u64)acpi_u32(p + 4) << 32 :
				 acpi_u32(p));
}

void __init acpi_init(const void *root_pointer)
{
	const struct acpi_rsdp *rsdp = root_pointer;
	struct cpuid_regs id = cpuid(1, 0);

	acpi.nr_cpus = 1;
	acpi.apic_ids[0] = id.ebx >> 24;
	if (cpuid(0, 0).eax >= 0xb && cpuid(0xb, 0).ebx)
		acpi.apic_ids[0] = cpuid(0xb, 0).edx;
	for (u32 i = 0; i < 16; i++)
		acpi.isa[i].gsi = i;

	if (!rsdp || memcmp(rsdp->signature, "RSD PTR ", 8) || !acpi_checksum_ok(rsdp, 20)) {
		/* The usual address on a PC; ISA lines have their usual numbers, level and edge. */
		acpi.ioapics[acpi.nr_ioapics++].address = IOAPIC_USUAL;
		acpi.isa[0].gsi = 2;
		pr_warn("acpi: no root pointer: one CPU, and interrupts as on every PC\n");
		return;
	}
	if (rsdp->revision >= 2 && rsdp->xsdt)
		acpi_walk_root(rsdp->xsdt, 8);
	else
		acpi_walk_root(rsdp->rsdt, 4);
}
