/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * panic(), failed assertions, and warnings (which do not end the machine).
 *
 * panic() may be called in any context, including an NMI and with locks held.  The first CPU that
 * panics stops all other CPUs by NMI, prints the reason, and calls each PANIC_PART(), which
 * prints its part (kernel/sched/report.c: CPUs and tasks).  A second panic meanwhile (for example
 * by a damaged stack) skips the present part.  Under a test runner the emulator then exits with
 * failure, elsewhere the machine halts.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/bug.h>
#include <neurath/export.h>
#include <neurath/console.h>
#include <neurath/module.h>
#include <neurath/printk.h>
#include <neurath/return_hook.h>
#include <neurath/task.h>
#include <neurath/unwind.h>

#define PANIC_EXIT_CODE		0x3f
#define WARN_STACK_ENTRIES	32
#define PANIC_DEPTH_MAX		4

struct panic_machine panic_machine;

static int panic_cpu_plus_1;
static unsigned int panic_depth;
static bool panic_others_stopped;

notrace bool panic_in_progress(void)
{
	return unlikely(READ_ONCE(panic_others_stopped));
}

static void __noreturn panic_end(void)
{
	panic_machine.exit_test(PANIC_EXIT_CODE);
	panic_machine.halt();
}

/* Continues behind the part in which this CPU panicked again. */
static void panic_print_parts(const struct pt_regs *regs)
{
	static unsigned int next;
	unsigned int i = 0;

	SET_FOREACH(struct panic_part, part, panic_part) {
		if (i++ < next)
			continue;
		next = i;
		part->print(regs);
	}
}

/* Each step runs at most once: a fault in one of them continues here with the next step. */
static void __noreturn panic_report(const struct pt_regs *regs, const char *fmt, va_list args)
{
	char reason[256];

	irq_disable();
	if (cmpxchg(&panic_cpu_plus_1, 0, (int)cpu_id() + 1) != 0 &&
	    READ_ONCE(panic_cpu_plus_1) != (int)cpu_id() + 1)
		panic_machine.halt();		/* another CPU was first and will stop this CPU */
	console_loglevel = 10;
	vscnprintf(reason, sizeof(reason), fmt, args);
	if (panic_depth++ == 0) {
		panic_machine.stop_others();
		WRITE_ONCE(panic_others_stopped, true);
		console_show_on_screen(true);
		pr_emerg("Kernel panic - not syncing: %s\n", reason);
	} else if (panic_depth <= PANIC_DEPTH_MAX) {
		pr_emerg("Kernel panic while reporting: %s\n", reason);
	} else {
		panic_end();
	}
	panic_print_parts(regs);
	pr_emerg("---[ end Kernel panic - not syncing: %s ]---\n", reason);
	panic_end();
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	panic_report(NULL, fmt, args);
}

void panic_regs(const struct pt_regs *regs, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	panic_report(regs, fmt, args);
}

void assert_failed(const char *expr, const char *file, int line)
{
	panic("assertion failed: %s at %s:%d", expr, file, line);
}

void dump_stack_regs(const struct pt_regs *regs)
{
	unsigned long entries[WARN_STACK_ENTRIES];
	unsigned int n = unwind_guess(current, regs, entries, WARN_STACK_ENTRIES);

	pr_warn("CPU: %u PID: %d Comm: %s %s\n", cpu_id(), current ? current->pid : 0,
		current ? current->comm : "(none)", print_tainted());
	pr_warn("Call Trace:\n");
	for (unsigned int i = 0; i < n; i++)
		pr_warn(" %pB\n", (void *)entries[i]);
}

void dump_stack(void)
{
	dump_stack_regs(NULL);
}

void warn_report(const char *file, int line, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add_taint(TAINT_WARN);
	pr_warn("------------[ cut here ]------------\n");
	pr_warn("WARNING: CPU: %u at %s:%d %pS\n", cpu_id(), file, line,
		(void *)RETURN_ADDRESS());
	pr_warn("%s", text);
	dump_stack();
}

EXPORT_SYMBOL(panic);
EXPORT_SYMBOL(assert_failed);
EXPORT_SYMBOL(warn_report);
EXPORT_SYMBOL(dump_stack);
