/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power off, restart, and exit from the emulator with an exit code.
 *
 * Each function stops the other CPUs first and does not return.  If the operation fails, the
 * machine halts.
 */
#include <neurath/arch.h>
#include <neurath/printk.h>
#include <neurath/syscall.h>
#include <neurath/task.h>
#include "acpi.h"
#include "fwcfg.h"
#include "x86.h"

#define ACPI_SLEEP_ENABLE	(1u << 13)
#define EXIT_PORT		0xf4	/* QEMU's isa-debug-exit; reads as 0 */
#define EXIT_STATUS_BASE	0x40
#define EXIT_STATUS_MAX		63
#define KEYBOARD_COMMAND	0x64
#define KEYBOARD_RESET		0xfe
#define RESET_PORT		0xcf9
#define ACPI_SPACE_PORT		1

static void power_quiesce(void)
{
	irq_disable();
	arch_stop_others();
}

static void power_sleep(u16 port, u8 type)
{
	if (port)
		outw(port, (u16)((inw(port) & ~(7u << 10)) | (type & 7u) << 10 |
				 ACPI_SLEEP_ENABLE));
}

void arch_poweroff(void)
{
	power_quiesce();
	if (acpi.has_s5) {
		power_sleep(acpi.pm1a_control, acpi.s5_a);
		power_sleep(acpi.pm1b_control, acpi.s5_b);
	}
	pr_emerg("power off failed, the system is halted\n");
	arch_halt();
}

void arch_reboot(void)
{
	power_quiesce();
	if (acpi.reset_space == ACPI_SPACE_PORT)
		outb((u16)acpi.reset_address, acpi.reset_value);
	outb(RESET_PORT, 0x02);
	outb(RESET_PORT, 0x06);
	outb(KEYBOARD_COMMAND, KEYBOARD_RESET);
	/* The last resort: a breakpoint without a handler is a triple fault. */
	struct {
		u16 limit;
		u64 base;
	} __packed no_idt = { 0 };

	asm volatile("lidt %0; int3" : : "m"(no_idt));
	arch_halt();
}

void arch_exit_test(unsigned int code)
{
	/* Only under the emulator.  A port without a device reads as ones. */
	if (!fwcfg_present() || inb(EXIT_PORT) != 0)
		return;
	power_quiesce();
	outb(EXIT_PORT, (u8)code);
	/*
	 * In QEMU 10 the device only requests the end, and the write returns.  Code that
	 * continued to run would print, power off, and so lose the status.
	 */
	arch_halt();
}

/* neurath_exit(status): the runner gets the status of the guest's script; see tools/qemu. */
SYSCALL_DEFINE1(neurath_exit, unsigned int, status)
{
	if (!is_superuser())
		return -EPERM;
	if (status > EXIT_STATUS_MAX)
		return -EINVAL;
	arch_exit_test(EXIT_STATUS_BASE + status);
	return -ENODEV;
}

void arch_exit(unsigned int code)
{
	power_quiesce();
	arch_exit_test(code);
	arch_poweroff();
}
