/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The start-up order of the kernel, called by kernel_main() (kernel/main.c) on
 * the boot CPU.  Each function may use everything above it.
 */
#ifndef NEURATH_INIT_H
#define NEURATH_INIT_H

void kernel_main(void);		/* called by the architecture; never returns */
void arch_early_init(void);	/* serial log, GDT/IDT, boot_info parsed */
void mm_init(void);		/* page allocator, slab, vmap */
void arch_init(void);		/* final page tables, ACPI, APIC, clock, per-CPU state */
void sched_init(void);		/* pid table, run queues, idle task of the boot CPU, timers */
void text_poke_init(void);	/* slots, poking address space */
void syscall_init(void);
void workqueue_init(void);
void kernfs_init(void);		/* trees from the linker set */
void fs_init(void);		/* mounts, boot modules as /boot */
void module_init_subsystem(void);	/* exports, /sys/module */
void proc_create_cpu_dirs(void);	/* /sys/devices/system/cpu/cpuN */
void klp_init(void);		/* /sys/kernel/livepatch */
/* then arch_start_cpus(), start_init(), and the boot CPU becomes its idle task */
void start_init(void);

#endif
