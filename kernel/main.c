/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's start: every subsystem in its order, on the boot CPU, on the
 * stack that is later its idle task's.
 */
#include <neurath/arch.h>
#include <neurath/boot.h>
#include <neurath/init.h>
#include <neurath/ksyms.h>
#include <neurath/ktest.h>
#include <neurath/mm.h>
#include <neurath/mutant.h>
#include <neurath/pci.h>
#include <neurath/printk.h>
#include <neurath/sched.h>

void kernel_main(void)
{
	arch_early_init();
	pr_info("Neurath: %lu MiB of memory end at %#lx\n", boot_ram_end() >> 20, boot_ram_end());
	mm_init();
	arch_init();
	mutant_init();
	sched_init();
	text_poke_init();
	syscall_init();
	workqueue_init();
	kernfs_init();
	fs_init();
	module_init_subsystem();
	proc_create_cpu_dirs();
	klp_init();
	pci_init();
	arch_start_cpus();
	ktest_run_if_asked();
	start_init();
	ksyms_drop_init();
	boot_free_init();
	arch_enter_idle();
}
