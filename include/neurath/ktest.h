/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests that run inside the kernel: KTEST(name) { ... } anywhere in the kernel, or
 * next to what it tests in a file test_*.c.  With "ktest" on the command line they
 * run before init is started, in a kernel thread, on all CPUs; results are TAP lines
 * on the console, and the machine ends with 0 or 1.  Otherwise their memory is given
 * back after the boot.
 *
 * A name is a claim; a check that fails ends its test, so a test holds nothing that
 * others need when it checks.
 */
#ifndef NEURATH_KTEST_H
#define NEURATH_KTEST_H

#include <neurath/compiler.h>

struct ktest {
	const char *name;
	void (*fn)(void);
};

#define KTEST(test) \
	static void ktest_##test(void); \
	SET_ENTRY(ktest, struct ktest, ktest_entry_##test) = { #test, ktest_##test }; \
	static void __section(".init.text") ktest_##test(void)

/* Reports a failure of the running test; used by the macro. */
void ktest_failed(const char *file, int line, const char *expr);
#define KTEST_CHECK(cond) \
	do { \
		if (!(cond)) { \
			ktest_failed(__FILE__, __LINE__, #cond); \
			return; \
		} \
	} while (0)

/* Runs all and ends the machine, if the command line asks for it.  Called once, by the boot. */
void ktest_run_if_asked(void);

#endif
