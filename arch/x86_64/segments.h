/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GDT, TSS, IDT and interrupt stacks: one set for each CPU (struct cpu::arch).
 */
#ifndef ARCH_X86_64_SEGMENTS_H
#define ARCH_X86_64_SEGMENTS_H

#include <neurath/arch.h>
#include <uapi/vdso.h>

#define KERNEL_CS	0x10
#define KERNEL_DS	0x18
/*
 * In MSR_STAR: sysretq adds 8 to get USER_DS, and 16 to get USER_CS.  The GDT has no segment at
 * this place.  A 32-bit code segment here would let a program enter by MSR_CSTAR, and no code
 * is installed there.
 */
#define USER_SYSRET	0x23
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

#define IOPORT_BITMAP_SIZE	8192
/* Values of tss.io_bitmap: the bitmap that follows; beyond the limit: no bitmap. */
#define TSS_BITMAP		sizeof(struct tss)
#define TSS_NO_BITMAP		0xffff

/* The part of a CPU's data besides struct cpu; it is never freed. */
struct cpu_arch {
	u64 gdt[11];
	/* The TSS of the processor ends behind bitmap_end. */
	struct tss tss;
	u8 bitmap[IOPORT_BITMAP_SIZE];
	u8 bitmap_end;		/* all ones: the processor reads two bytes at a time */
	void *bitmap_owner;	/* (a) the task->ioports of which bitmap is a copy */
	u8 ist_stacks[IST_COUNT][IST_STACK_SIZE] __aligned(16);
	u8 nmi_panic_stack[IST_STACK_SIZE] __aligned(16);
};

/* The registers, at the top of the stack on which an NMI panics. */
static __always_inline struct pt_regs *nmi_panic_regs(struct cpu_arch *arch)
{
	return (struct pt_regs *)(arch->nmi_panic_stack + IST_STACK_SIZE) - 1;
}

/* Loads GDT, TSS and IDT on this CPU and sets its GS base to @cpu. */
void segments_load(struct cpu *cpu);
/* Fills the IDT (once, before the first segments_load()). */
void idt_init(void);

#endif
