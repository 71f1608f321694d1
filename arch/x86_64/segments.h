/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GDT, TSS, IDT and interrupt stacks: one set per CPU (struct cpu::arch).
 */
#ifndef ARCH_X86_64_SEGMENTS_H
#define ARCH_X86_64_SEGMENTS_H

#include <neurath/arch.h>

#define KERNEL_CS	0x10
#define KERNEL_DS	0x18
#define USER_CS32	0x23
#define USER_DS		0x2b
#define USER_CS		0x33
#define TSS_SELECTOR	0x40

#define IST_DF		1
#define IST_NMI		2
#define IST_DB		3
#define IST_MC		4
#define IST_COUNT	4
#define IST_STACK_SIZE	8192

struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 io_bitmap;
} __packed;

/* What a CPU needs besides struct cpu; lives as long as the system. */
struct cpu_arch {
	u64 gdt[10];
	struct tss tss;
	u8 ist_stacks[IST_COUNT][IST_STACK_SIZE] __aligned(16);
};

/* Loads GDT, TSS and IDT on this CPU and sets its GS base to @cpu. */
void segments_load(struct cpu *cpu);
/* Fills the IDT (once, before the first segments_load()). */
void idt_init(void);

#endif
