/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface of generic code to the CPU and the board. arch/x86_64 implements it; code outside
 * of arch/x86_64 does not depend on the processor.
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

/* @va must be in the direct map or in the kernel image. */
static __always_inline phys_addr_t virt_to_phys(const void *va)
{
	unsigned long v = (unsigned long)va;

	return v >= KERNEL_BASE ? v - KERNEL_BASE : v - DIRECT_MAP_BASE;
}

/* ---- CPUs ----------------------------------------------------------------- */
extern unsigned nr_cpus;		/* from firmware tables; constant after boot */
extern struct cpu cpus[NR_CPUS];
extern bool cpu_is_virtual;	/* a CPU may be stopped for a long time at any instruction */
extern u64 cpus_online;			/* one bit for each CPU that takes interrupts */

/* Starts all other CPUs; each calls sched_cpu_entry() when it is ready. (task) */
void arch_start_cpus(void);
/* Makes @cpu pass its scheduler, by the rescheduling IPI. (irq) */
void arch_send_resched(unsigned cpu);
/*
 * Runs fn(arg) on every other online CPU in an interrupt, and waits for all; with @self also on
 * this CPU.  Interrupts must be on (asserted): a CPU that waits with interrupts off could not
 * answer the same request of another CPU.
 */
void smp_call_all(void (*fn)(void *arg), void *arg, bool self);
/* Makes every CPU execute a serialising instruction; waits. Same rules. */
void smp_sync_core(void);
/* Stops the other CPUs permanently by NMI (panic). (any) */
void arch_stop_others(void);
/* Registers of a CPU that arch_stop_others() stopped, or NULL. */
const struct pt_regs *arch_stopped_regs(unsigned cpu);
/*
 * A look at another CPU: stops CPU @cpu by NMI, calls look(its registers, arg) on this CPU with
 * interrupts off, and lets @cpu continue.  @look may walk the stack that is in use there, and
 * must be fast. 0; -ETIMEDOUT if that CPU does not answer within a second; -EBUSY during another
 * look. (any but NMI)
 */
int arch_look_at_cpu(unsigned cpu, void (*look)(const struct pt_regs *regs, void *arg),
		     void *arg);
/*
 * Interrupts the boot CPU by NMI in each period; 0: no more.  After @limit NMIs in a row in the
 * kernel without arch_nmi_timer_progress(), @stuck is called once, on a stack of its own with
 * interrupts off.  0; -ENODEV: there is no such timer; -ERANGE: it cannot count so long.  An
 * error leaves it off. (task, one caller at a time)
 */
int arch_nmi_timer_set(u64 period_ns, unsigned limit, void (*stuck)(const struct pt_regs *regs));
/* On the boot CPU: it makes progress. (any) */
void arch_nmi_timer_progress(void);
/* Stops this CPU permanently. (any) */
void arch_halt(void) __noreturn;
/* The same functions for panic(), on a lower floor: set before a panic is possible. */
struct panic_machine {
	void (*stop_others)(void);
	const struct pt_regs *(*stopped_regs)(unsigned cpu);
	void (*exit_test)(unsigned code);
	void (*halt)(void) __noreturn;
};
extern struct panic_machine panic_machine;

/* ---- interrupts --------------------------------------------------------- */
typedef void (*irq_handler_t)(unsigned line, void *arg);
/* Routes ISA line @line to the boot CPU. 0, -EBUSY, -EINVAL. (task) */
int irq_request(unsigned line, irq_handler_t handler, void *arg);
void irq_release(unsigned line);
/* The handler masks a level-triggered or user-owned line; it stays masked until re-armed. (irq) */
void irq_mask(unsigned line);
void irq_unmask(unsigned line);
/*
 * A line for a device that interrupts by writing @message->data to @message->address.  Returns
 * its number, for the three functions above, or -ENOSPC.  No interrupt comes after the release if
 * the device was made to stop sending before. (task)
 */
struct irq_message {
	u64 address;
	u32 data;
};
int irq_request_message(irq_handler_t handler, void *arg, struct irq_message *message);
/* The number of all interrupts so far, on all CPUs. (any) */
u64 arch_irq_total(void);

/* Makes an interrupt of this CPU call printk_interrupt() soon. (any but NMI) */
void arch_raise_log_interrupt(void);
/* The same for trace_interrupt(). (any) */
void arch_raise_trace_interrupt(void);

/* ---- time ----------------------------------------------------------------- */
struct vdso_data;
void arch_vdso_clock(struct vdso_data *data);	/* how to read it in user mode: uapi/vdso.h */
u64 clock_ns(void);			/* monotonic ns since boot (any) */
u64 clock_ns_at(u64 tsc);		/* its value when read_tsc() returned @tsc (any) */
u64 clock_realtime_offset_ns(void);	/* add to clock_ns() for the epoch at boot */
/* Requests one timer interrupt on this CPU at or soon after @deadline; U64_MAX = none. (irq) */
void arch_timer_program(u64 deadline_ns);
/* Called by the arch code in the timer interrupt that interrupted @regs: kernel/sched/timer.c. */
void timer_interrupt(const struct pt_regs *regs);

/* ---- tasks ---------------------------------------------------------------- */
/*
 * The only place where a task leaves a CPU.  Interrupts are off, the run queue's lock is held.
 * When @prev runs again, it returns the task that ran before @prev.
 */
struct task *arch_switch_to(struct task *prev, struct task *next);
/* The boot CPU abandons the frames of the start and calls sched_cpu_entry(). */
void arch_enter_idle(void) __noreturn;
/* Builds the first switch frame of a kernel thread: starts fn(arg). */
void arch_setup_kthread(struct task *task, int (*fn)(void *), void *arg);
/* Builds the first switch frame of a forked child that returns to @regs in user mode. */
void arch_setup_user(struct task *task, const struct pt_regs *regs);
/*
 * Continues with fn() on an empty stack of current, from whatever stack, with interrupts off.
 * fn() does not return. (any but NMI, in the context of a task)
 */
void arch_abandon_stack(void (*fn)(void)) __noreturn;
/* The same for the interrupted code, at the end of the interrupt that this CPU handles. (irq) */
void arch_abandon_after_interrupt(void (*fn)(void));
/* FPU area of a user task; free also drops its I/O ports. -ENOMEM. */
int arch_fpu_alloc(struct task *task);
void arch_fpu_copy(struct task *child);	/* from current */
void arch_fpu_reset(void);			/* current: the initial state of a new program */
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

/* Kernel half: maps, unmaps and changes 4 KiB pages; allocates page tables if needed. (task) */
int kmap_page(unsigned long va, phys_addr_t pa, int prot);
void kunmap_range(unsigned long va, unsigned long size);	/* flushes all CPUs */
/* Changes a mapped range and its direct map (2 MiB pages are split); flushes all CPUs. */
int kprotect_range(unsigned long va, unsigned long size, int prot);

/*
 * User half, one root for each struct mm.  The caller holds mm->page_lock (spin), or the root is
 * not shared yet.  The inline functions of <asm/pte.h> make and read entries.
 */
phys_addr_t pgd_alloc(void);				/* 0 = no memory; kernel half shared */
size_t pgd_pages(phys_addr_t pgd);			/* its tables; caller holds page_lock */
void pgd_free(phys_addr_t pgd);				/* user pages must have been removed */
/*
 * Walks to the 4 KiB entry of @va.  @create allocates tables; NULL = absent or
 * no memory.
 */
pte_t *pte_walk(phys_addr_t pgd, unsigned long va, bool create);
/* First va >= @va below @end whose page table exists; @end if none (skips holes). */
unsigned long pte_next_table(phys_addr_t pgd, unsigned long va, unsigned long end);
/* Flushes cached translations of @mm on every CPU that may have them. (task or page_lock held) */
void tlb_flush_mm(struct mm *mm);
void tlb_flush_mm_range(struct mm *mm, unsigned long start, unsigned long end);
void tlb_flush_page_local(unsigned long va);
/* arch_load_pgd(pgd) loads it on this CPU, interrupts off: <asm/cpu.h>. */
phys_addr_t arch_loaded_pgd(void);
extern phys_addr_t kernel_pgd;

/* ---- board ------------------------------------------------------------------ */
void arch_poweroff(void) __noreturn;
void arch_reboot(void) __noreturn;
/* Under a test runner it ends the emulator with @code, otherwise it powers off. */
void arch_exit(unsigned code) __noreturn;
/* The same without power off: returns if there is no test runner. (any) */
void arch_exit_test(unsigned code);
/*
 * Configuration space of PCI function @address (bus << 8 | device << 3 | function), 32 bits at the
 * offset @reg, a multiple of 4 below 256.  All ones if there is no such function. (irq)
 */
u32 pci_config_read(u16 address, unsigned reg);
void pci_config_write(u16 address, unsigned reg, u32 value);
/* Size of item @name of the emulator's firmware configuration, or -ENOENT. */
ssize_t fwcfg_size(const char *name);
/* Copies at most its first @size bytes into @buf.  Returns their number, or -ENOENT. */
ssize_t fwcfg_read(const char *name, char *buf, size_t size);
/* The source of kernel page tables after the boot memory was handed over. (any) */
struct kmap_tables {
	void *(*alloc)(void);		/* a zeroed page, or NULL */
	void (*free)(void *table);
};
void kmap_set_tables(const struct kmap_tables *tables);
/* Writes text to the serial port by polling; the log's console sink. (any) */
void serial_write(const char *s, size_t n);
bool serial_is_there(void);
/* Passes as many of the @n bytes as the device takes at once; 0 while it is busy. (any) */
size_t serial_send(const char *bytes, size_t n);
/* CONSOLE_ bits (uapi/console.h); all of them without a device. (any) */
unsigned int serial_room(void);
/* The next byte that was received, or SERIAL_SYSRQ and a letter; -1 if none.  @now in ns. (irq) */
int serial_receive(u64 now);
#define SERIAL_SYSRQ	0x100

#endif
