/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's start: initialises every subsystem in order, on the boot CPU, on the stack that
 * later belongs to its idle task.
 */
#include <neurath/arch.h>
#include <neurath/boot.h>
#include <neurath/init.h>
#include <neurath/ksyms.h>
#include <neurath/ktest.h>
#include <neurath/pci.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/sysctl.h>

void kernel_main(void)
{
	arch_early_init();
	pr_info("Neurath: %lu MiB of memory end at %#lx\n", boot_ram_end() >> 20, boot_ram_end());
	mm_init();
	vm_init();
	arch_init();
	vdso_init();
	sysctl_init();
	sched_init();
	futex_init();
	text_poke_init();
	syscall_init();
	workqueue_init();
	kernfs_init();
	write_access_init();
	bootfs_init();
	kernfs_mount_trees();
	module_init_subsystem();
	proc_create_cpu_dirs();
	trace_init();
	klp_init();
	kprobe_init();
	pci_init();
	process_init();
	signal_init();
	arch_start_cpus();
	watchdog_init();
	hung_task_init();
	ktest_run_if_asked();
	start_init();
	ksyms_drop_init();
	boot_free_init();
	arch_enter_idle();
}
