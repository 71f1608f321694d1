/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start-up of the architecture on the boot CPU, in three steps:
 *
 *	arch_boot()		called by boot/entry.S, on the boot page tables
 *	arch_early_init()	log, descriptors, memory map, final page tables
 *	arch_init()		with the page allocator: CPUs, interrupts, clock
 */
#include <neurath/arch.h>
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/console.h>
#include <neurath/init.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "../../../boot/bootinfo.h"
#include "../acpi.h"
#include "../apic.h"
#include "../clock.h"
#include "../entry.h"
#include "../fpu.h"
#include "../fwcfg.h"
#include "../ioapic.h"
#include "../pagetable.h"
#include "../segments.h"
#include "../serial.h"
#include "../smp.h"
#include "../trampoline.h"
#include "../x86.h"

static phys_addr_t setup_boot_information;
static struct cpu_arch setup_boot_cpu_arch;

extern char boot_idle_stack[];
extern char __image_start[], __init_start[], __init_end[], __text_start[];

void __init arch_boot(unsigned long information)
{
	struct cpu *cpu = &cpus[0];

	entry_points = (struct entry_points){
		.syscall = syscall_entry,
		.enter_user = enter_user,
		.fork_first_return = fork_first_return,
		.trap_stubs = trap_stubs,
	};
	panic_machine = (struct panic_machine){
		.stop_others = arch_stop_others,
		.stopped_regs = arch_stopped_regs,
		.exit_test = arch_exit_test,
		.halt = arch_halt,
	};
	setup_boot_information = information;
	cpu->self = cpu;
	cpu->arch = &setup_boot_cpu_arch;
	cpu->task = &boot_idle_task;
	cpu->idle_stack = boot_idle_stack;
	cpu->kernel_stack = (unsigned long)boot_idle_stack + KSTACK_SIZE;
	wrmsr(MSR_GS_BASE, (u64)cpu);
	kernel_main();
}

static const char *__init setup_range_name(enum boot_range_type type)
{
	switch (type) {
	case BOOT_RAM:
		return "RAM";
	case BOOT_ACPI:
		return "ACPI";
	case BOOT_NVS:
		return "NVS";
	case BOOT_BAD:
		return "bad";
	default:
		return "reserved";
	}
}

static void __init setup_print_memory(void)
{
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];

		pr_debug("memory: %012lx-%012lx %s\n", r->start, r->end,
			setup_range_name(r->type));
	}
	for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
		const struct boot_module *m = &boot_info.modules[i];

		pr_info("boot: module %s, %lu KiB\n", m->name, (m->end - m->start) >> 10);
	}
	if (boot_info.ranges_left_out)
		pr_warn("memory: more than %u ranges, %u are not used\n", BOOT_MAX_RANGES,
			boot_info.ranges_left_out);
	if (boot_info.modules_left_out)
		pr_warn("boot: more than %u modules, %u are not in /boot\n", BOOT_MAX_MODULES,
			boot_info.modules_left_out);
	pr_info("Command line: %s\n", boot_info.cmdline);
}

/* The firmware's options are appended to the loader's command line. */
static void __init setup_command_line(void)
{
	size_t len = strlen(boot_info.cmdline), room = sizeof(boot_info.cmdline) - len;
	ssize_t n;

	if (len && room > 2) {
		boot_info.cmdline[len++] = ' ';
		room--;
	}
	n = fwcfg_read("opt/neurath/cmdline", boot_info.cmdline + len, room - 1);
	boot_info.cmdline[len + (n > 0 ? (size_t)n : 0)] = '\0';
	for (len = strlen(boot_info.cmdline); len && boot_info.cmdline[len - 1] <= ' '; len--)
		boot_info.cmdline[len - 1] = '\0';
}

static void __init setup_options(void)
{
	char value[16];
	int level;

	if (boot_option("quiet", NULL, 0))
		console_loglevel = 4;
	nmi_panics = boot_option("nmi_panic", NULL, 0);
	if (boot_option("loglevel", value, sizeof(value)) && !kstrtoint(value, 10, &level))
		console_loglevel = level;
}

void __init arch_early_init(void)
{
	serial_init();
	idt_init();
	segments_load(&cpus[0]);
	bootinfo_parse(setup_boot_information);
	fwcfg_init();
	setup_command_line();
	setup_options();
	cpu_detect();
	fpu_detect();
	cpu_setup();
	fpu_setup_cpu();
	bootmem_init();
	trampoline_page = boot_alloc_low();
	setup_print_memory();
	paging_init();
	console_screen_init(kmap_device);
}

void __init arch_init(void)
{
	acpi_init(boot_info.has_rsdp ? boot_info.rsdp : NULL);
	lapic_setup();
	printk_raise = arch_raise_log_interrupt;
	cpus[0].apic_id = lapic_id();
	clock_begin();
	ioapic_init();
	smpboot_prepare();
	clock_finish();
	cpus[0].start = CPU_STARTED;
	cpus[0].online = true;
	cpus_online = 1;
	irq_enable();
}

void boot_free_init(void)
{
	phys_addr_t init = virt_to_phys(__init_start), text = virt_to_phys(__text_start);

	paging_unmap_init();
	memset(phys_to_virt(init), 0xcc, (size_t)(__init_end - __init_start));
	mm_free_boot_range(init, init + (phys_addr_t)(__init_end - __init_start));
	/* A CPU that has not arrived in time may still use the boot page tables. */
	if (cpus_online == ~0UL >> (64 - nr_cpus))
		mm_free_boot_range(virt_to_phys(__image_start), text);
	debug_assert(paging_count_writable_executable() == 0);
}
