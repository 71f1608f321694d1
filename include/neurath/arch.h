/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that generic code may ask of the CPU and the board.  The
 * implementation is arch/x86_64; nothing outside it knows the processor.
 *
 * Context letters: (any) any context incl. NMI; (irq) also with interrupts off;
 * (task) process context, may sleep.
 */
#ifndef NEURATH_ARCH_H
#define NEURATH_ARCH_H

#include <neurath/types.h>
#include <neurath/atomic.h>
#include <neurath/ptregs.h>
#include <asm/cpu.h>
#include <asm/pte.h>

struct mm;
struct task;

#define current			get_current()

/* ---- layout of the address space ---------------------------------------- */
#define USER_MIN		0x1000UL
#define USER_MAX		0x00007ffffffff000UL	/* first address not for users */
#define DIRECT_MAP_BASE		0xffff888000000000UL
#define VMAP_BASE		0xffffc90000000000UL
#define VMAP_END		0xffffc98000000000UL
#define KERNEL_BASE		0xffffffff80000000UL
#define MODULE_BASE		0xffffffffc0000000UL
#define MODULE_END		0xfffffffffe000000UL
#define KSTACK_SIZE		(16 * 1024UL)

static __always_inline void *phys_to_virt(phys_addr_t pa)
{
	return (void *)(pa + DIRECT_MAP_BASE);
}

/* @va lies in the direct map or in the kernel image. */
static __always_inline phys_addr_t virt_to_phys(const void *va)
{
	unsigned long v = (unsigned long)va;

	return v >= KERNEL_BASE ? v - KERNEL_BASE : v - DIRECT_MAP_BASE;
}

/* ---- CPUs ----------------------------------------------------------------- */
extern unsigned nr_cpus;		/* found by firmware tables; fixed after boot */
extern struct cpu cpus[NR_CPUS];
extern bool cpu_is_virtual;		/* a CPU may stand still for long at any point */
extern u64 cpus_online;			/* bit per CPU that takes interrupts */

/* Starts all other CPUs; each calls sched_cpu_entry() when it is up. (task) */
void arch_start_cpus(void);
/* Asks @cpu to pass its scheduler: the rescheduling IPI. (irq) */
void arch_send_resched(unsigned cpu);
/*
 * Runs fn(arg) on every other online CPU from an interrupt and waits for all;
 * with @self also here.  Interrupts must be enabled here (asserted): a CPU that
 * waits with interrupts off could not answer the same request of another.
 */
void smp_call_all(void (*fn)(void *arg), void *arg, bool self);
/* Makes every CPU execute a serialising instruction; waits. Same rules. */
void smp_sync_core(void);
/* Stops the other CPUs for good by NMI (panic). (any) */
void arch_stop_others(void);
/* Registers of a CPU that arch_stop_others() stopped, or NULL. */
const struct pt_regs *arch_stopped_regs(unsigned cpu);
/* Stops this CPU for good. (any) */
void arch_halt(void) __noreturn;

/* ---- interrupts --------------------------------------------------------- */
typedef void (*irq_handler_t)(unsigned line, void *arg);
/* Routes ISA line @line to the boot CPU. 0, -EBUSY, -EINVAL. (task) */
int irq_request(unsigned line, irq_handler_t handler, void *arg);
void irq_release(unsigned line);
/* A level-triggered or user-owned line is masked by its handler until re-armed. (irq) */
void irq_mask(unsigned line);
void irq_unmask(unsigned line);
/*
 * A line for a device that interrupts by writing @message->data to @message->address:
 * its number, for the three functions above, or -ENOSPC.  Nothing comes after the release
 * if the device has been told to be silent before. (task)
 */
struct irq_message {
	u64 address;
	u32 data;
};
int irq_request_message(irq_handler_t handler, void *arg, struct irq_message *message);
/* All interrupts so far, of all CPUs. (any) */
u64 arch_irq_total(void);

/* Has printk_interrupt() called soon, in an interrupt of this CPU. (any but NMI) */
void arch_raise_log_interrupt(void);

/* ---- time ----------------------------------------------------------------- */
u64 clock_ns(void);			/* monotonic ns since boot (any) */
u64 clock_realtime_offset_ns(void);	/* add to clock_ns() for the epoch at boot */
/* One timer interrupt on this CPU at or soon after @deadline; U64_MAX = none. (irq) */
void arch_timer_program(u64 deadline_ns);
/* Called by the arch code in the timer interrupt that came over @regs: kernel/sched/timer.c. */
void timer_interrupt(const struct pt_regs *regs);

/* ---- tasks ---------------------------------------------------------------- */
/*
 * The only place where a task leaves a CPU.  Interrupts off, run-queue lock
 * held.  Returns the task that ran before, when @prev runs again.
 */
struct task *arch_switch_to(struct task *prev, struct task *next);
/* The boot CPU leaves the start-up's frames and calls sched_cpu_entry(). */
void arch_enter_idle(void) __noreturn;
/* Builds the first switch frame of a kernel thread: starts fn(arg). */
void arch_setup_kthread(struct task *task, int (*fn)(void *), void *arg);
/* Builds the first switch frame of a forked child that returns to @regs in user mode. */
void arch_setup_user(struct task *task, const struct pt_regs *regs);
/* FPU area of a user task; free also gives back its I/O ports. -ENOMEM. */
int arch_fpu_alloc(struct task *task);
void arch_fpu_copy(struct task *child);	/* from current */
void arch_fpu_reset(void);			/* current: as a new program finds it */
void arch_fpu_free(struct task *task);
/* Bases of the FS and GS segments of current in user mode: task->fsbase, gsbase. (task) */
void arch_set_user_bases(unsigned long fsbase, unsigned long gsbase);

/* The registers of @task's entry from user mode. */
static __always_inline struct pt_regs *kstack_user_regs(void *stack_base)
{
	return (struct pt_regs *)((char *)stack_base + KSTACK_SIZE) - 1;
}

/* ---- page tables (arch/x86_64/pagetable.c) ------------------------------- */
#define PROT_KERNEL_RO		1	/* R, NX */
#define PROT_KERNEL_RW		2	/* RW, NX */
#define PROT_KERNEL_RX		3	/* R, X */
#define PROT_KERNEL_UNCACHED	4	/* RW, NX, device memory */

/* Kernel half: maps, unmaps, changes 4 KiB pages; page tables as needed. (task) */
int kmap_page(unsigned long va, phys_addr_t pa, int prot);
void kunmap_range(unsigned long va, unsigned long size);	/* flushes all CPUs */
/* Changes a mapped range incl. the direct map (2 MiB pages are split); flushes all CPUs. */
int kprotect_range(unsigned long va, unsigned long size, int prot);

/*
 * User half, one root per struct mm.  Caller holds mm->page_lock (spin), or is the only
 * one to know the root.  Entries are made and read by the inline functions of <asm/pte.h>.
 */
phys_addr_t pgd_alloc(void);				/* 0 = no memory; kernel half shared */
void pgd_free(phys_addr_t pgd);				/* user pages are gone already */
/*
 * Walks to the 4 KiB entry of @va.  @create allocates tables; NULL = absent or
 * no memory.
 */
pte_t *pte_walk(phys_addr_t pgd, unsigned long va, bool create);
/* First va >= @va below @end whose page table exists; @end if none (skips holes). */
unsigned long pte_next_table(phys_addr_t pgd, unsigned long va, unsigned long end);
/* Removes cached translations of @mm on every CPU that may hold them. (task or page_lock held) */
void tlb_flush_mm(struct mm *mm);
void tlb_flush_mm_range(struct mm *mm, unsigned long start, unsigned long end);
void tlb_flush_page_local(unsigned long va);
/* arch_load_pgd(pgd) loads it on this CPU, interrupts off: <asm/cpu.h>. */
phys_addr_t arch_loaded_pgd(void);
extern phys_addr_t kernel_pgd;

/* ---- board ------------------------------------------------------------------ */
void arch_poweroff(void) __noreturn;
void arch_reboot(void) __noreturn;
/* Under a test runner ends the emulator with @code, else powers off. */
void arch_exit(unsigned code) __noreturn;
/* The same without the power: returns if there is no test runner. (any) */
void arch_exit_test(unsigned code);
/*
 * Configuration space of PCI function @address (bus << 8 | device << 3 | function), 32 bits at the
 * offset @reg, a multiple of 4 below 256.  All ones if there is no such function. (irq)
 */
u32 pci_config_read(u16 address, unsigned reg);
void pci_config_write(u16 address, unsigned reg, u32 value);
/*
 * Reads item @name of the emulator's firmware configuration into a new kmalloc'ed,
 * NUL-ended buffer. -ENOENT.
 */
int fwcfg_read(const char *name, char **data, size_t *size);
/* Writes text to the serial port by polling; the log's console sink. (any) */
void serial_write(const char *s, size_t n);

#endif
