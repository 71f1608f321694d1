/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLB shoot-down: removes translations that CPUs may have cached.
 *
 * One request at a time, described by tlb_request under tlb_lock.  The sender waits with
 * interrupts on, so two senders cannot wait for each other: a sender that spins for the lock
 * still takes the other's interrupt.
 *
 * mm->cpu_mask has the CPUs that may have translations of an address space.  A CPU sets its bit
 * before it loads the root (a full barrier); the sender has changed the tables before it reads
 * the mask (smp_mb() below).  So the sender sees the bit, or the CPU loads the changed tables.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/bug.h>
#include <neurath/spinlock.h>
#include <neurath/vm.h>
#include "apic.h"
#include "pagetable.h"
#include "smp.h"
#include "traps.h"
#include "x86.h"

/* For more pages than this, everything is flushed. */
#define TLB_FLUSH_PAGES	32

struct tlb_request {
	phys_addr_t pgd;		/* 0: kernel translations */
	unsigned long start, end;
	struct smp_answers answers;
};

static DEFINE_SPINLOCK_RANK(tlb_lock, RANK_LEAF);
static struct tlb_request tlb_request;	/* (tlb_lock) */

void tlb_flush_page_local(unsigned long va)
{
	invlpg(va);
}

static void tlb_flush_all_local(void)
{
	unsigned long flags = irq_save(), cr4 = read_cr4();

	/* A change of PGE removes global entries, too. */
	write_cr4(cr4 ^ CR4_PGE);
	write_cr4(cr4);
	irq_restore(flags);
}

static void tlb_flush_local(phys_addr_t pgd, unsigned long start, unsigned long end)
{
	if (pgd && (read_cr3() & PTE_ADDRESS) != pgd)
		return;
	if ((end - start) / PAGE_SIZE <= TLB_FLUSH_PAGES) {
		for (; start < end; start += PAGE_SIZE)
			invlpg(start);
	} else if (pgd) {
		write_cr3(pgd);
	} else {
		tlb_flush_all_local();
	}
}

notrace void tlb_interrupt(void)
{
	tlb_flush_local(tlb_request.pgd, tlb_request.start, tlb_request.end);
	smp_answer(&tlb_request.answers);
}

static void tlb_flush_others(u64 mask, phys_addr_t pgd, unsigned long start, unsigned long end)
{
	/* Interrupts stay on while it spins: see the head comment. */
	assert(!irqs_disabled());
	spin_lock(&tlb_lock);
	mask &= ~BIT(cpu_id());
	tlb_request.pgd = pgd;
	tlb_request.start = start;
	tlb_request.end = end;
	smp_answers_expect(&tlb_request.answers, mask);
	for (u64 left = mask; left; left &= left - 1)
		lapic_send(cpus[__builtin_ctzl(left)].apic_id, APIC_FIXED, VECTOR_TLB);
	smp_answers_wait(&tlb_request.answers);
	spin_unlock(&tlb_lock);
}

/* The caller's barrier is between its change of the tables and its read of the mask. */
static void tlb_flush(u64 mask, phys_addr_t pgd, unsigned long start, unsigned long end)
{
	mask &= READ_ONCE(cpus_online);
	/*
	 * A sender must not move to another CPU between the local flush and the mask from which
	 * it removes itself.  Kernel code is not preempted, so it does not move.
	 */
	tlb_flush_local(pgd, start, end);
	if (mask & ~BIT(cpu_id()))
		tlb_flush_others(mask, pgd, start, end);
}

void tlb_flush_kernel_range(unsigned long start, unsigned long end)
{
	smp_mb();
	tlb_flush(~0UL, 0, start, end);
}

void tlb_flush_mm_range(struct mm *mm, unsigned long start, unsigned long end)
{
	smp_mb();
	tlb_flush(READ_ONCE(mm->cpu_mask), mm->pgd, start & PAGE_MASK, align_up(end, PAGE_SIZE));
}

void tlb_flush_mm(struct mm *mm)
{
	tlb_flush_mm_range(mm, 0, USER_MAX);
}

phys_addr_t arch_loaded_pgd(void)
{
	return read_cr3() & PTE_ADDRESS;
}
