/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start of the other CPUs, all at the same time.
 *
 * smpboot_prepare() makes their descriptors and sends INIT.  By the time of arch_start_cpus() the
 * 10 ms that INIT may need have passed.  Then each CPU gets one start-up IPI (a second one if it
 * has missed the first), and finds its struct cpu by its APIC id (boot/ap_entry.S).
 *
 * When arch_start_cpus() returns, the set of CPUs is final: a CPU that has not begun to start by
 * then is given up, and halts if it arrives later.  All requests to all CPUs rely on this.  A CPU
 * that arrived in the middle of a transition would have an idle task without state and flag, and
 * a serialising round would miss it.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "../acpi.h"
#include "../apic.h"
#include "../clock.h"
#include "../entry.h"
#include "../fpu.h"
#include "../pagetable.h"
#include "../segments.h"
#include "../smp.h"
#include "../trampoline.h"

#define SMPBOOT_INIT_NS		(10 * NSEC_PER_MSEC)
#define SMPBOOT_RETRY_US	1000
/* With many CPUs on few host processors, a CPU may have to wait for its turn. */
#define SMPBOOT_WAIT_US		10000000

phys_addr_t trampoline_page;

static u64 smpboot_init_sent;

static void __init smpboot_prepare_cpu(unsigned int id)
{
	struct cpu *cpu = &cpus[id];

	cpu->self = cpu;
	cpu->id = id;
	cpu->apic_id = acpi.apic_ids[id];
	cpu->arch = vmalloc(sizeof(struct cpu_arch));
	cpu->idle_stack = kstack_alloc();
	if (!cpu->arch || !cpu->idle_stack)
		panic("smp: no memory for CPU %u: the machine needs more (MEM=)", id);
}

static void __init smpboot_copy_trampoline(void)
{
	u8 *page = phys_to_virt(trampoline_page);
	u32 *far32 = (u32 *)(page + (trampoline_far32 - trampoline_start));
	u32 *far64 = (u32 *)(page + (trampoline_far64 - trampoline_start));

	memcpy(page, phys_to_virt((phys_addr_t)trampoline_start),
	       (size_t)(trampoline_end - trampoline_start));
	*far32 += trampoline_page;
	*far64 += trampoline_page;
}

void __init smpboot_prepare(void)
{
	nr_cpus = trampoline_page ? acpi.nr_cpus : 1;
	for (unsigned int id = 1; id < nr_cpus; id++)
		smpboot_prepare_cpu(id);
	if (nr_cpus > 1)
		smpboot_copy_trampoline();
	for (unsigned int id = 1; id < nr_cpus; id++)
		lapic_send(cpus[id].apic_id, APIC_INIT, 0);
	smpboot_init_sent = clock_ns();
}

static bool __init smpboot_all_online(void)
{
	u64 all = nr_cpus == 64 ? ~0UL : BIT(nr_cpus) - 1;

	return smp_load_acquire(&cpus_online) == all;
}

static void __init smpboot_send_startup(void)
{
	u64 online = smp_load_acquire(&cpus_online);

	for (unsigned int id = 1; id < nr_cpus; id++)
		if (!(online & BIT(id)) && READ_ONCE(cpus[id].start) == CPU_ASKED)
			lapic_send(cpus[id].apic_id, APIC_STARTUP, trampoline_page >> PAGE_SHIFT);
}

/* A CPU that has begun to start will arrive soon. */
static void __init smpboot_give_up_late(void)
{
	for (unsigned int id = 1; id < nr_cpus; id++) {
		struct cpu *cpu = &cpus[id];

		if (cmpxchg(&cpu->start, CPU_ASKED, CPU_GIVEN_UP) == CPU_ASKED)
			continue;
		while (!(smp_load_acquire(&cpus_online) & BIT(id)))
			cpu_relax();
	}
}

void __init arch_start_cpus(void)
{
	unsigned int waited = 0;

	while (!cpu_is_virtual && clock_ns() - smpboot_init_sent < SMPBOOT_INIT_NS)
		cpu_relax();
	smpboot_send_startup();
	while (!smpboot_all_online() && waited < SMPBOOT_WAIT_US) {
		clock_delay_us(20);
		waited += 20;
		if (waited == SMPBOOT_RETRY_US)
			smpboot_send_startup();
	}
	smpboot_give_up_late();
	if (smpboot_all_online())
		pr_info("smp: %u CPU%s\n", nr_cpus, nr_cpus > 1 ? "s" : "");
	else
		pr_err("smp: CPUs %#lx of %u did not start and stay unused: try fewer (CPUS=)\n",
		       ~cpus_online & (~0UL >> (64 - nr_cpus)), nr_cpus);
	/* A late CPU uses these tables before it halts: keep them if a CPU is missing. */
	if (smpboot_all_online())
		paging_forget_boot_tables();
}

/* The first C function of another CPU, on its idle task's stack, interrupts off. */
void ap_boot(struct cpu *cpu)
{
	segments_load(cpu);
	/* It halts with its own GS and IDT, so that an NMI works. */
	if (cmpxchg(&cpu->start, CPU_ASKED, CPU_STARTED) != CPU_ASKED)
		arch_halt();
	cpu_setup();
	fpu_setup_cpu();
	lapic_enable();
	clock_setup_cpu();
	cpu->online = true;
	__atomic_fetch_or(&cpus_online, BIT(cpu->id), __ATOMIC_SEQ_CST);
	sched_cpu_entry();
}
