/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Features of the processor, and the set-up of each CPU: protection bits, syscall entry, features
 * for user mode.
 */
#include <neurath/arch.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include "entry.h"
#include "segments.h"
#include "smp.h"
#include "x86.h"

unsigned int nr_cpus = 1;
struct cpu cpus[NR_CPUS];
u64 cpus_online;

bool cpu_has_smap;		/* read by uaccess.S and entry.S */
bool cpu_has_tsc_deadline;
bool cpu_is_virtual;

struct entry_points entry_points;

static unsigned long cpu_cr4;

static void __init cpu_print_model(void)
{
	u32 name[13] = { 0 };
	const char *text = (const char *)name;

	if (cpuid(0x80000000, 0).eax < 0x80000004)
		return;
	for (u32 i = 0; i < 3; i++) {
		struct cpuid_regs r = cpuid(0x80000002 + i, 0);

		memcpy(&name[4 * i], &r, sizeof(r));
	}
	/* The order of cpuid's registers in memory is that of struct cpuid_regs. */
	while (*text == ' ')
		text++;
	pr_info("cpu: %s%s%s%s\n", text, cpu_cr4 & CR4_SMEP ? " smep" : "",
		cpu_cr4 & CR4_SMAP ? " smap" : "", cpu_cr4 & CR4_UMIP ? " umip" : "");
}

void __init cpu_detect(void)
{
	struct cpuid_regs basic = cpuid(1, 0), ext = { 0 };

	if (cpuid(0, 0).eax >= 7)
		ext = cpuid(7, 0);
	cpu_cr4 = read_cr4() | CR4_PGE | CR4_MCE;
	if (ext.ebx & (1u << 7))
		cpu_cr4 |= CR4_SMEP;
	if (ext.ebx & (1u << 20))
		cpu_cr4 |= CR4_SMAP;
	if (ext.ecx & (1u << 2))
		cpu_cr4 |= CR4_UMIP;
	cpu_has_smap = cpu_cr4 & CR4_SMAP;
	cpu_has_tsc_deadline = basic.ecx & (1u << 24);
	cpu_is_virtual = basic.ecx & (1u << 31);
	cpu_print_model();
}

void cpu_setup(void)
{
	write_cr4(cpu_cr4);
	write_cr0((read_cr0() | CR0_WP | CR0_NE | CR0_MP) & ~(CR0_EM | CR0_TS | CR0_AM));
	wrmsr(MSR_STAR, (u64)KERNEL_CS << 32 | (u64)USER_SYSRET << 48);
	wrmsr(MSR_LSTAR, (u64)entry_points.syscall);
	wrmsr(MSR_CSTAR, 0);
	wrmsr(MSR_SFMASK, EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT |
			  EFLAGS_AC | EFLAGS_RF | EFLAGS_CF);
}
