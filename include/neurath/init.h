/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of the kernel's start, called by kernel_main() (kernel/main.c) on the boot CPU.  Each
 * function may use everything above it.
 */
#ifndef NEURATH_INIT_H
#define NEURATH_INIT_H

void kernel_main(void);		/* called by the architecture; does not return */
void arch_early_init(void);	/* serial log, GDT/IDT, boot_info parsed */
void mm_init(void);		/* page allocator, slab, vmap */
void vm_init(void);		/* caches of address spaces */
void arch_init(void);		/* final page tables, ACPI, APIC, clock, per-CPU state */
void vdso_init(void);		/* what programs can read of the clocks */
void sched_init(void);		/* pid table, run queues, idle task of the boot CPU, timers */
void futex_init(void);
void text_poke_init(void);	/* slots, poking address space */
void syscall_init(void);
void workqueue_init(void);
void kernfs_init(void);		/* trees from the linker set */
void write_access_init(void);	/* writers and executors of files */
void bootfs_init(void);		/* boot modules as /boot */
void kernfs_mount_trees(void);	/* /proc, /sys, /dev, /boot */
void module_init_subsystem(void);	/* exports, /sys/module */
void proc_create_cpu_dirs(void);	/* /sys/devices/system/cpu/cpuN */
void trace_init(void);		/* /sys/kernel/tracing, and the rings of live patching */
void kprobe_init(void);		/* traps at probes */
void klp_init(void);		/* /sys/kernel/livepatch */
void watchdog_init(void);	/* after arch_start_cpus() */
void hung_task_init(void);
/* then arch_start_cpus(), start_init(), and the boot CPU becomes its idle task */
void start_init(void);

#endif
