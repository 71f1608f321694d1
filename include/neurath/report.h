/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports: the output of panics, oopses, lock-up detectors and SysRq about a task or a CPU.
 *
 * Any context.  No function here waits for a lock without a limit, allocates memory, or trusts
 * the data that it reads.  Each subsystem adds its part by a REPORTER().
 */
#ifndef NEURATH_REPORT_H
#define NEURATH_REPORT_H

#include <neurath/task.h>

#define REPORT_STACK_ENTRIES	64

/* The subject of a report; the stack is innermost first, with addresses from unwind_guess(). */
struct report {
	struct task *task;		/* NULL: before there are tasks */
	unsigned long entries[REPORT_STACK_ENTRIES];
	unsigned n;
};

/* Called in the context of @r->task, which is current, or in a panic. */
struct reporter {
	void (*print)(const struct report *r);
};
#define REPORTER(name, fn) SET_ENTRY(reporter, struct reporter, name) = { fn }

/*
 * Around a report of several lines: reports of two CPUs do not mix, and reports reach the screen
 * if there is no serial line.  False if the lock was not available within some seconds: report
 * anyway.  Interrupts are off in between.
 */
struct report_hold {
	unsigned long flags;
	bool locked;
};
void report_begin(struct report_hold *hold);
void report_end(const struct report_hold *hold);

/*
 * Fills in and prints the stack of @task, from @regs or, if NULL, from its present position;
 * equal frames in a row are printed once.  @task must not run elsewhere, or must be stopped.
 */
void report_stack(struct report *r, struct task *task, const struct pt_regs *regs);
void report_print_stack(const struct report *r);	/* prints a stack that is filled in */
void report_regs(const struct pt_regs *regs);
/* The bytes around the instruction; the instruction's byte is in <>. */
void report_code(const struct pt_regs *regs);
/* All parts for current: CPU and task, registers, code, stack, and the output of reporters. */
void report_current(const struct pt_regs *regs);
/* The same for the code that an interrupt has interrupted, without reporters. (irq) */
void report_interrupted(const struct pt_regs *regs);
/* Prints "task NAME pid N state S on WHAT", and its stack. */
void report_task(struct task *task);

/*
 * The position in the kernel of @task, which runs on another CPU: 0 with its stack in @r, empty
 * in user mode. -EAGAIN if it does not run there (any more); -ETIMEDOUT. (any but NMI)
 */
int report_sample(struct report *r, struct task *task);
/* Fills in and prints the stack on another CPU, @cpu. (any but NMI) */
void report_cpu(unsigned cpu);

#endif
