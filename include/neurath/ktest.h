/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests inside the kernel: KTEST(name) { ... } in any kernel file, or next to the tested code in
 * a file test_*.c.  With "ktest" on the command line they run before init starts, in a kernel
 * thread, on all CPUs.  Results are TAP lines on the console, and the machine ends with 0 or 1.
 * Otherwise their memory is freed after the boot.
 *
 * A name is a claim.  A check that fails ends its test, so at a check a test must not hold a
 * resource that others need.
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

/* Runs all tests and ends the machine, if the command line requests it.  Called at boot. */
void ktest_run_if_asked(void);

#endif
