/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the tests that KTEST() has registered: see ktest.h.  The TAP output goes directly to the
 * serial line, because the log would put the time before each line.
 */
#include <neurath/arch.h>
#include <neurath/boot.h>
#include <neurath/ktest.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/string.h>

/* The form in which tools/qemu expects the status of a run. */
#define KTEST_STATUS	0x40

static bool ktest_ok __initdata;

static void __init ktest_line(const char *fmt, ...) __printf(1, 2);
static void __init ktest_line(const char *fmt, ...)
{
	char line[200];
	va_list args;

	va_start(args, fmt);
	serial_write(line, (size_t)vscnprintf(line, sizeof(line), fmt, args));
	va_end(args);
}

void __init ktest_failed(const char *file, int line, const char *expr)
{
	ktest_ok = false;
	ktest_line("# %s:%d: %s is false\n", file, line, expr);
}

static int __init ktest_main(void *arg)
{
	unsigned number = 0, failed = 0;

	SET_FOREACH(struct ktest, test, ktest) {
		ktest_ok = true;
		test->fn();
		failed += !ktest_ok;
		ktest_line("%sok %u - %s\n", ktest_ok ? "" : "not ", ++number, test->name);
	}
	ktest_line("1..%u\n", number);
	arch_exit(KTEST_STATUS + (failed ? 1 : 0));
}

void __init ktest_run_if_asked(void)
{
	char value[8];

	if (!boot_option("ktest", value, sizeof(value)))
		return;
	kthread_run(ktest_main, NULL, "ktest");
	/* The thread ends the machine. */
	sched_cpu_entry();
}
