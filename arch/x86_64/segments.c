/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments and the interrupt descriptor table.
 *
 * The IDT is the same for all CPUs and constant after idt_init().  GDT and TSS belong to one CPU.
 * The only field that changes is the TSS's rsp0: arch_switch_to() writes it with interrupts off.
 */
#include <neurath/arch.h>
#include <neurath/string.h>
#include "entry.h"
#include "segments.h"
#include "x86.h"

struct idt_gate {
	u16 offset_low;
	u16 selector;
	u8 ist;
	u8 type;
	u16 offset_middle;
	u32 offset_high;
	u32 reserved;
};

struct descriptor_register {
	u16 limit;
	u64 base;
} __packed;

#define GATE_INTERRUPT	0x8e	/* present, DPL 0, interrupts off at entry */
#define GATE_USER	0xee	/* the same, and user mode may use int n */

/* bitmap must follow the TSS immediately. */
_Static_assert(offsetof(struct cpu_arch, bitmap) ==
	       offsetof(struct cpu_arch, tss) + sizeof(struct tss), "I/O bitmap");

static struct idt_gate idt[256] __aligned(4096);

static void __init idt_set_gate(unsigned int vector, u8 type, u8 ist)
{
	u64 address = entry_points.trap_stubs[vector];

	idt[vector] = (struct idt_gate){
		.offset_low = (u16)address,
		.selector = KERNEL_CS,
		.ist = ist,
		.type = type,
		.offset_middle = (u16)(address >> 16),
		.offset_high = (u32)(address >> 32),
	};
}

void __init idt_init(void)
{
	for (unsigned int vector = 0; vector < 256; vector++)
		idt_set_gate(vector, GATE_INTERRUPT, 0);
	idt_set_gate(1, GATE_INTERRUPT, IST_DB);
	idt_set_gate(2, GATE_INTERRUPT, IST_NMI);
	idt_set_gate(3, GATE_USER, 0);
	idt_set_gate(4, GATE_USER, 0);
	idt_set_gate(8, GATE_INTERRUPT, IST_DF);
	idt_set_gate(18, GATE_INTERRUPT, IST_MC);
}

static void segments_fill(struct cpu_arch *arch, u64 cpu)
{
	static const u64 gdt[] = {
		[KERNEL_CS / 8] = 0x00af9b000000ffff,
		[KERNEL_DS / 8] = 0x00cf93000000ffff,
		[USER_DS / 8] = 0x00cff3000000ffff,
		[USER_CS / 8] = 0x00affb000000ffff,
	};
	u64 base = (u64)&arch->tss;

	memcpy(arch->gdt, gdt, sizeof(gdt));
	arch->gdt[TSS_SELECTOR / 8] = (sizeof(struct tss) + IOPORT_BITMAP_SIZE) |
				      (base & 0xffffff) << 16 | 0x89UL << 40 |
				      (base >> 24 & 0xff) << 56;
	arch->gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
	arch->gdt[VDSO_CPU_SELECTOR / 8] = 0xf10000000000 | cpu;	/* read as its limit */

	memset(&arch->tss, 0, sizeof(arch->tss));
	arch->tss.io_bitmap = TSS_NO_BITMAP;
	arch->bitmap_end = 0xff;
	for (int i = 0; i < IST_COUNT; i++)
		arch->tss.ist[i] = (u64)arch->ist_stacks[i] + IST_STACK_SIZE;
}

void segments_load(struct cpu *cpu)
{
	struct cpu_arch *arch = cpu->arch;
	struct descriptor_register gdtr = { sizeof(arch->gdt) - 1, (u64)arch->gdt };
	struct descriptor_register idtr = { sizeof(idt) - 1, (u64)idt };

	segments_fill(arch, (u64)(cpu - cpus));
	asm volatile("lgdt %0" : : "m"(gdtr));
	asm volatile("lidt %0" : : "m"(idtr));
	asm volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%ss" : : "r"(KERNEL_DS));
	asm volatile("mov %0, %%fs; mov %0, %%gs" : : "r"(0));
	asm volatile("ltr %w0" : : "r"(TSS_SELECTOR));
	wrmsr(MSR_FS_BASE, 0);
	wrmsr(MSR_GS_BASE, (u64)cpu);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
}
