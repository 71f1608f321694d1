/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handling of the kernel's own bugs. assert() and panic() are for broken invariants; a value that
 * user space controls must not reach them.  All functions may be called in any context.
 */
#ifndef NEURATH_BUG_H
#define NEURATH_BUG_H

#include <stdbool.h>
#include <neurath/compiler.h>

/* Stops every CPU, prints reason, registers and stacks of all; does not return. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;
/* The same with the registers of the exception that is the reason. */
struct pt_regs;
void panic_regs(const struct pt_regs *regs, const char *fmt, ...) __printf(2, 3) __noreturn;
/* A part of a panic's output by an upper floor, in the order of the numbers; other CPUs wait. */
struct panic_part {
	void (*print)(const struct pt_regs *regs);	/* of the exception, or NULL */
};
#define PANIC_PART(number, id, fn) \
	SET_ENTRY(panic_part.number, struct panic_part, id##_part) = { fn }
/*
 * A fault in the kernel (@regs), or a bug found here (NULL): reports it, and ends the task, its
 * process by SIGSEGV.  Does not return.  It is a panic if the machine cannot continue without the
 * task: kernel/debug/oops.c has the list. (any)
 */
void oops(const struct pt_regs *regs, const char *fmt, ...) __printf(2, 3) __noreturn;
/* True on the panicking CPU once it has stopped all others: they may hold locks permanently. */
bool panic_in_progress(void);
void assert_failed(const char *expr, const char *file, int line) __noreturn;
/* Logs "WARNING: ..." with a stack and sets the W taint; the kernel continues. */
void warn_report(const char *file, int line, const char *fmt, ...) __printf(3, 4);

#define assert(e) \
	do { \
		if (unlikely(!(e))) \
			assert_failed(#e, __FILE__, __LINE__); \
	} while (0)
/* Checks that cost too much for a release build (CONFIG_DEBUG is 0 or 1). */
#define debug_assert(e) \
	do { \
		if (CONFIG_DEBUG) \
			assert(e); \
	} while (0)

#define WARN(cond, fmt, ...) \
	({ \
		bool _w = !!(cond); \
		if (unlikely(_w)) \
			warn_report(__FILE__, __LINE__, fmt, ##__VA_ARGS__); \
		_w; \
	})
#define WARN_ON(cond)	WARN(cond, "%s\n", #cond)
#define WARN_ONCE(cond, fmt, ...) \
	({ \
		static bool _done; \
		bool _o = !!(cond); \
		if (unlikely(_o) && !_done) { \
			_done = true; \
			warn_report(__FILE__, __LINE__, fmt, ##__VA_ARGS__); \
		} \
		_o; \
	})
#define WARN_ON_ONCE(cond)	WARN_ONCE(cond, "%s\n", #cond)
/* A bug that affects only the work of its task: handled like a fault, see oops(). */
void bug_report(const char *file, int line) __noreturn;
#define BUG()			bug_report(__FILE__, __LINE__)
#define BUG_ON(cond)		do { if (unlikely(cond)) BUG(); } while (0)

#endif
