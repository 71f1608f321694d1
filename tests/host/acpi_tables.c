/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acpi_tables.c - arch/x86_64/acpi.c on tables that are right, wrong, and random: it reads no byte outside
 * of the tables (ASan watches blocks of exactly their size), and always leaves at least one CPU.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../lib/tap.h"

#undef __always_inline
#undef __unused
/* Definitions in place of kernel headers that include too much. */
#define NEURATH_ARCH_H
#define NEURATH_BUG_H
#define NEURATH_PRINTK_H
#define NEURATH_STRING_H
#define ARCH_X86_64_PAGETABLE_H
#define ARCH_X86_64_X86_H
#include <neurath/types.h>
#undef __init
#define __init
#define pr_warn(...)	((void)0)

struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};

static struct cpuid_regs cpuid(u32 leaf, u32 sub)
{
	return (struct cpuid_regs){ .eax = 1, .ebx = 0 };
}

static u16 inw(u16 port) { return 1; }
static void outb(u16 port, u8 value) { }

/* Physical memory: tables at invented addresses. */
static struct block {
	phys_addr_t pa;
	size_t size;
	u8 *data;
} blocks[32];
static unsigned nr_blocks;

static const void *kmap_firmware(phys_addr_t pa, size_t size)
{
	static const u8 nothing[64];

	for (unsigned i = 0; i < nr_blocks; i++)
		if (pa == blocks[i].pa)
			return blocks[i].data;	/* ASan checks each read of the block */
	return nothing;
}

#include "../../arch/x86_64/acpi.c"

/* ---- a firmware ------------------------------------------------------------- */

static u8 *add_table(phys_addr_t pa, const char *signature, const void *body, size_t size)
{
	size_t total = sizeof(struct acpi_header) + size;
	u8 *data = calloc(1, total), sum = 0;
	u32 length = (u32)total;

	memcpy(data, signature, 4);
	memcpy(data + 4, &length, 4);
	memcpy(data + sizeof(struct acpi_header), body, size);
	for (size_t i = 0; i < total; i++)
		sum += data[i];
	data[9] = (u8)-sum;
	blocks[nr_blocks++] = (struct block){ pa, total, data };
	return data;
}

static u8 rsdp[36];

static void firmware(const u32 *tables, unsigned n)
{
	u32 root = 0x1000;
	u8 sum = 0;

	add_table(root, "RSDT", tables, n * 4);
	memset(rsdp, 0, sizeof(rsdp));
	memcpy(rsdp, "RSD PTR ", 8);
	memcpy(rsdp + 16, &root, 4);
	for (int i = 0; i < 20; i++)
		sum += rsdp[i];
	rsdp[8] = (u8)-sum;
}

static const u8 usual_madt[] = {
	0, 0, 0xe0, 0xfe, 1, 0, 0, 0,
	0, 8, 0, 0, 1, 0, 0, 0,				/* CPU 0 */
	0, 8, 1, 1, 1, 0, 0, 0,				/* CPU 1 */
	0, 8, 2, 2, 0, 0, 0, 0,				/* not enabled */
	9, 16, 0, 0, 0x10, 0x01, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0,	/* x2APIC id 0x110 */
	1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,	/* IO-APIC */
	2, 10, 0, 0, 2, 0, 0, 0, 0, 0,			/* line 0 is input 2 */
	2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0,		/* line 9: level, high */
};

static void madt_lists_cpus_and_interrupt_controllers(void)
{
	static const u32 tables[] = { 0x2000 };

	firmware(tables, 1);
	add_table(0x2000, "APIC", usual_madt, sizeof(usual_madt));
	acpi_init(rsdp);
	CHECK_EQ(acpi.nr_cpus, 3);
	CHECK(acpi.apic_ids[0] == 0 && acpi.apic_ids[1] == 1 && acpi.apic_ids[2] == 0x110);
	CHECK(acpi.nr_ioapics == 1 && acpi.ioapics[0].address == 0xfec00000);
	CHECK(acpi.isa[0].gsi == 2 && acpi.isa[4].gsi == 4);
	CHECK(acpi.isa[9].level && !acpi.isa[9].active_low);
}

static void power_off_is_found_in_the_dsdt(void)
{
	static const u32 tables[] = { 0x3000 };
	static const u8 aml[] = { 1, 2, 3, 8, '_', 'S', '5', '_', 0x12, 8, 4, 0x0a, 5, 0x0a, 6,
				  0, 0, 9, 9 };
	u8 fadt[76 + 32] = { 0 };
	u32 dsdt = 0x4000, pm1a = 0x604;

	memcpy(fadt + 40 - 36, &dsdt, 4);
	memcpy(fadt + 64 - 36, &pm1a, 4);
	firmware(tables, 1);
	add_table(0x3000, "FACP", fadt, sizeof(fadt));
	add_table(0x4000, "DSDT", aml, sizeof(aml));
	acpi_init(rsdp);
	CHECK(acpi.has_s5 && acpi.s5_a == 5 && acpi.s5_b == 6 && acpi.pm1a_control == 0x604);
}

static void a_wrong_checksum_hides_a_table(void)
{
	static const u32 tables[] = { 0x2000 };

	firmware(tables, 1);
	add_table(0x2000, "APIC", usual_madt, sizeof(usual_madt))[50] ^= 1;
	acpi_init(rsdp);
	CHECK(acpi.nr_cpus == 1 && acpi.nr_ioapics == 0);
}

static void a_missing_root_leaves_one_cpu(void)
{
	acpi_init(NULL);
	CHECK_EQ(acpi.nr_cpus, 1);
	memset(rsdp, 0, sizeof(rsdp));
	acpi_init(rsdp);
	CHECK_EQ(acpi.nr_cpus, 1);
}

static void cpus_beyond_the_limit_are_ignored(void)
{
	static const u32 tables[] = { 0x2000 };
	u8 madt[8 + 8 * 200] = { 0 };

	for (int i = 0; i < 200; i++)
		memcpy(madt + 8 + 8 * i, (u8[]){ 0, 8, (u8)i, (u8)i, 1, 0, 0, 0 }, 8);
	firmware(tables, 1);
	add_table(0x2000, "APIC", madt, sizeof(madt));
	acpi_init(rsdp);
	CHECK_EQ(acpi.nr_cpus, NR_CPUS);
}

/* Tables with bodies of random bytes, of every length, and with right checksums. */
static void random_tables_are_read_within_their_bounds(void)
{
	static const char *const names[] = { "APIC", "FACP", "HPET", "DSDT" };
	static const u32 tables[] = { 0x2000, 0x3000, 0x5000 };

	srand((unsigned)tap_seed());
	for (int round = 0; round < 3000; round++) {
		for (unsigned i = 0; i < nr_blocks; i++)
			free(blocks[i].data);
		nr_blocks = 0;
		acpi = (struct acpi_info){ .reset_space = 0xff };
		firmware(tables, 3);
		for (unsigned t = 0; t < 4; t++) {
			u8 body[300];
			size_t size = (size_t)rand() % sizeof(body);
			u32 dsdt = 0x4000;

			for (size_t i = 0; i < size; i++)
				body[i] = (u8)(rand() % 3 ? rand() % 16 : rand());
			if (t == 1 && size > 112)
				memcpy(body + 4, &dsdt, 4), memset(body + 104, 0, 8);
			if (t == 3 && size > 20)
				memcpy(body + size - 5 - (size_t)rand() % 12, "_S5_\x12", 5);
			add_table(0x2000 + 0x1000 * t + (t == 2 ? 0x1000 : t == 3 ? -0x1000 : 0), names[t], body,
				  size);
		}
		acpi_init(rsdp);
		CHECK(acpi.nr_cpus >= 1 && acpi.nr_cpus <= NR_CPUS);
		CHECK(acpi.nr_ioapics <= ACPI_MAX_IOAPICS);
	}
}

int main(void)
{
	TAP_TEST(madt_lists_cpus_and_interrupt_controllers);
	TAP_TEST(power_off_is_found_in_the_dsdt);
	TAP_TEST(a_wrong_checksum_hides_a_table);
	TAP_TEST(a_missing_root_leaves_one_cpu);
	TAP_TEST(cpus_beyond_the_limit_are_ignored);
	TAP_TEST(random_tables_are_read_within_their_bounds);
	return tap_done();
}
