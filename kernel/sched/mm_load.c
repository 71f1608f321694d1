/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address space that each CPU has loaded.
 *
 * A CPU keeps page tables loaded while kernel threads run, since loading is expensive, in
 * particular under an emulator.  So an address space may outlive its last task on some CPUs.  The
 * mm_put() of the last reference first takes it off these CPUs: mm_unload_everywhere().
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/vm.h>

/*
 * The address space whose tables each CPU has loaded; NULL = the kernel's. (@ that CPU,
 * interrupts off)
 */
static struct mm *mm_loaded[NR_CPUS];

void mm_activate(struct mm *mm)
{
	unsigned cpu = cpu_id();
	struct mm *old = mm_loaded[cpu];

	debug_assert(irqs_disabled());
	if (!mm || mm == old)
		return;
	/*
	 * A full barrier before the tables are read: a CPU that changes the tables and then reads
	 * cpu_mask finds this CPU in it, or the load sees the change.
	 */
	__atomic_fetch_or(&mm->cpu_mask, BIT(cpu), __ATOMIC_SEQ_CST);
	arch_load_pgd(mm->pgd);
	mm_loaded[cpu] = mm;
	/* The last step: mm_unload_everywhere() may free @old once the bit is clear. */
	if (old)
		__atomic_fetch_and(&old->cpu_mask, ~BIT(cpu), __ATOMIC_SEQ_CST);
}

/* Unloads @arg's tables if this CPU only borrows them.  Interrupts are off. */
static void mm_unload_local(void *arg)
{
	struct mm *mm = arg;
	unsigned cpu = cpu_id();

	if (mm_loaded[cpu] != mm)
		return;
	arch_load_pgd(kernel_pgd);
	mm_loaded[cpu] = NULL;
	__atomic_fetch_and(&mm->cpu_mask, ~BIT(cpu), __ATOMIC_SEQ_CST);
}

/* No task uses @mm any more, so no CPU can load it again. */
void mm_unload_everywhere(struct mm *mm)
{
	unsigned long flags = irq_save();

	mm_unload_local(mm);
	irq_restore(flags);
	if (__atomic_load_n(&mm->cpu_mask, __ATOMIC_SEQ_CST))
		smp_call_all(mm_unload_local, mm, false);
}
