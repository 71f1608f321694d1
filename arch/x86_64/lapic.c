/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC: end of interrupt, interprocessor interrupts, the timer's registers. x2APIC mode
 * (registers are MSRs) is used if the firmware has enabled it or the processor supports it,
 * otherwise xAPIC mode (registers are a page of memory).
 *
 * Every function acts on the CPU on which it runs.  Sending in xAPIC mode takes two writes, so
 * interrupts are off meanwhile.  An NMI sends only to its own CPU, by lapic_send_self().  The NMI
 * of a panic sends to other CPUs, and may damage an interrupted send of its CPU, which will not
 * continue.
 */
#include <neurath/arch.h>
#include <neurath/printk.h>
#include "acpi.h"
#include "apic.h"
#include "pagetable.h"
#include "traps.h"
#include "x86.h"

#define LAPIC_ID		0x20
#define LAPIC_TPR		0x80
#define LAPIC_EOI		0xb0
#define LAPIC_SPURIOUS		0xf0
#define LAPIC_ICR		0x300
#define LAPIC_ICR_HIGH		0x310
#define LAPIC_LVT_TIMER		0x320
#define LAPIC_LVT_LINT0		0x350
#define LAPIC_LVT_LINT1		0x360
#define LAPIC_LVT_ERROR		0x370
#define LAPIC_TIMER_INITIAL	0x380
#define LAPIC_TIMER_CURRENT	0x390
#define LAPIC_TIMER_DIVIDE	0x3e0

#define LAPIC_ENABLE		0x100
#define LVT_MASKED		0x10000
#define LVT_NMI			0x400
#define LVT_TSC_DEADLINE	0x40000
#define ICR_PENDING		0x1000
#define ICR_ASSERT		0x4000
#define ICR_SELF		0x40000
#define TIMER_DIVIDE_BY_1	0xb

#define APIC_BASE_X2APIC	(1UL << 10)
#define APIC_BASE_ENABLE	(1UL << 11)

static bool lapic_x2apic;
static volatile u32 *lapic_page;

static u32 lapic_read(unsigned int reg)
{
	if (lapic_x2apic)
		return (u32)rdmsr(MSR_X2APIC_BASE + (reg >> 4));
	return lapic_page[reg / 4];
}

static void lapic_write(unsigned int reg, u32 value)
{
	if (lapic_x2apic)
		wrmsr(MSR_X2APIC_BASE + (reg >> 4), value);
	else
		lapic_page[reg / 4] = value;
}

unsigned int lapic_id(void)
{
	u32 id = lapic_read(LAPIC_ID);

	return lapic_x2apic ? id : id >> 24;
}

void lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

void lapic_send(unsigned int apic_id, u32 mode, u8 vector)
{
	u32 command = mode | vector | ICR_ASSERT;
	unsigned long flags;

	if (lapic_x2apic) {
		/* Unlike a store to the page, wrmsr is not ordered after older stores. */
		smp_mb();
		asm volatile("lfence" : : : "memory");
		wrmsr(MSR_X2APIC_BASE + (LAPIC_ICR >> 4), (u64)apic_id << 32 | command);
		return;
	}
	flags = irq_save();
	while (lapic_page[LAPIC_ICR / 4] & ICR_PENDING)
		cpu_relax();
	lapic_page[LAPIC_ICR_HIGH / 4] = apic_id << 24;
	lapic_page[LAPIC_ICR / 4] = command;
	irq_restore(flags);
}

/*
 * For NMIs: no slot, and in xAPIC mode only one write, which keeps the high half of an
 * interrupted send.  That send may continue only after this one is complete.
 */
notrace void lapic_send_self(u8 vector)
{
	if (lapic_x2apic) {
		wrmsr(MSR_X2APIC_SELF, vector);
		return;
	}
	if (!lapic_page)
		return;	/* not available yet: the next NMI or line makes the log report it */
	while (lapic_page[LAPIC_ICR / 4] & ICR_PENDING)
		cpu_relax();
	lapic_page[LAPIC_ICR / 4] = APIC_FIXED | vector | ICR_ASSERT | ICR_SELF;
	while (lapic_page[LAPIC_ICR / 4] & ICR_PENDING)
		cpu_relax();
}

notrace void arch_raise_trace_interrupt(void)
{
	lapic_send_self(VECTOR_LOG);
}

void lapic_timer_start(u32 count)
{
	lapic_write(LAPIC_TIMER_INITIAL, count);
}

u32 lapic_timer_count(void)
{
	return lapic_read(LAPIC_TIMER_CURRENT);
}

void lapic_timer_mode(bool deadline)
{
	lapic_write(LAPIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
	lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER | (deadline ? LVT_TSC_DEADLINE : 0));
	/* The mode must be in effect before the first deadline is written. */
	asm volatile("mfence" : : : "memory");
}

void lapic_enable(void)
{
	u64 base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	wrmsr(MSR_APIC_BASE, base);
	if (lapic_x2apic)
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LVT_NMI);
	lapic_write(LAPIC_LVT_ERROR, VECTOR_APIC_ERROR);
	lapic_write(LAPIC_SPURIOUS, LAPIC_ENABLE | VECTOR_SPURIOUS);
}

static void pic_mask_all(void)
{
	/* First move them away from the exception vectors: a spurious IRQ 7 cannot be masked. */
	outb(0x20, 0x11);
	outb(0xa0, 0x11);
	outb(0x21, VECTOR_PIC);
	outb(0xa1, VECTOR_PIC + 8);
	outb(0x21, 4);
	outb(0xa1, 2);
	outb(0x21, 1);
	outb(0xa1, 1);
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
}

void __init lapic_setup(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	pic_mask_all();
	lapic_x2apic = cpuid(1, 0).ecx & (1u << 21);
	if (!lapic_x2apic)
		lapic_page = kmap_device(base & 0xffffff000UL, PAGE_SIZE);
	lapic_enable();
}
