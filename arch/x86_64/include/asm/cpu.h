/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inline half of <neurath/arch.h> for x86_64: the per-CPU block behind GS, the interrupt
 * flag, halting.  Generic code includes only <neurath/arch.h>.
 */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <neurath/types.h>

struct rq;
struct task;

/* A CPU that was asked to start starts, or arrives too late and stays unused. */
enum { CPU_ASKED, CPU_STARTED, CPU_GIVEN_UP };

/*
 * One for each CPU; in the kernel the GS base points to it.  The first four fields have fixed
 * offsets for the assembly entries.
 */
struct cpu {
	struct cpu *self;		/* gs:0 */
	struct task *task;		/* gs:8; written by switch_stacks(), with the stack */
	unsigned long kernel_stack;	/* gs:16; top of current's kernel stack */
	unsigned long user_rsp;		/* gs:24; scratch of the syscall entry */
	unsigned id;			/* 0 .. nr_cpus - 1 */
	unsigned apic_id;
	unsigned start;			/* CPU_ASKED ...; by compare-and-exchange */
	bool online;			/* takes interrupts; set once */
	void *idle_stack;		/* base of its first stack, which its idle task uses */
	void *arch;			/* GDT, TSS, IST stacks: arch/x86_64 only */
	struct rq *rq;			/* run queue: kernel/sched only */
	unsigned long irqs_off_at;	/* debug builds: where interrupts were turned off last */
};

static __always_inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	/* Volatile: a task that sleeps may continue on another CPU. */
	__asm__ volatile("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

static __always_inline unsigned cpu_id(void)
{
	unsigned id;

	__asm__ volatile("movl %%gs:%c1, %0" : "=r"(id) : "i"(__builtin_offsetof(struct cpu, id)));
	return id;
}

static __always_inline struct rq *this_cpu_rq(void)
{
	struct rq *rq;

	__asm__ volatile("movq %%gs:%c1, %0" : "=r"(rq) : "i"(__builtin_offsetof(struct cpu, rq)));
	return rq;
}

static __always_inline struct task *get_current(void)
{
	struct task *task;

	/* Not volatile: current is constant while a function runs. */
	__asm__("movq %%gs:8, %0" : "=r"(task));
	return task;
}

/* Debug builds: records that interrupts were turned off here. */
static __always_inline void cpu_note_irqs_off(void)
{
	unsigned long here;

	__asm__ volatile("leaq 0(%%rip), %0; movq %0, %%gs:%c1" : "=r"(here)
			 : "i"(__builtin_offsetof(struct cpu, irqs_off_at)));
}

static __always_inline unsigned long irq_save(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	if (CONFIG_DEBUG && (flags & (1UL << 9)))
		cpu_note_irqs_off();
	return flags;
}

static __always_inline void irq_restore(unsigned long flags)
{
	if (flags & (1UL << 9))
		__asm__ volatile("sti" ::: "memory");
}

static __always_inline bool irqs_disabled(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	return !(flags & (1UL << 9));
}

static __always_inline void irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static __always_inline void irq_disable(void)
{
	if (CONFIG_DEBUG)
		(void)irq_save();
	else
		__asm__ volatile("cli" ::: "memory");
}

static __always_inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/* Enables interrupts and waits for one; no interrupt can come in between. */
static __always_inline void cpu_wait_for_interrupt(void)
{
	__asm__ volatile("sti; hlt" ::: "memory");
}

static __always_inline void arch_load_pgd(phys_addr_t pgd)
{
	__asm__ volatile("movq %0, %%cr3" : : "r"(pgd) : "memory");
}

static __always_inline u64 read_tsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((u64)hi << 32) | lo;
}

#endif
