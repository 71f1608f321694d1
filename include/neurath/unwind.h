/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reliable unwinder: returns every function into which a task may return, or reports that it
 * cannot, and why.  In doubt it reports "unreliable".
 */
#ifndef NEURATH_UNWIND_H
#define NEURATH_UNWIND_H

#include <neurath/task.h>

enum unwind_reason {
	UNWIND_OK,
	UNWIND_RUNNING,			/* on a CPU, and not current */
	/* interrupted in kernel code, and how much of its frame exists cannot be decided */
	UNWIND_KERNEL_REGS,
	UNWIND_BAD_ADDRESS,		/* return address is not kernel text */
	/* frame pointer outside the stack, unaligned or not growing */
	UNWIND_BAD_FRAME,
	UNWIND_BAD_END,			/* the chain ended before the known end of the stack */
	UNWIND_TOO_DEEP,		/* more entries than fit in the array */
};
const char *unwind_reason_text(enum unwind_reason reason);	/* (any) */

/*
 * Fills entries[0..*n) with return addresses, innermost first.  On entry *n is the room, on
 * return the count (also if unreliable: the entries found so far).  UNWIND_OK only if the walk
 * reached the exact end of the stack: user registers at its top, or the end mark of a kernel
 * thread.  The address of an interrupted instruction in a trap frame is stored as address + 1, so
 * that "entry - 1" is always in the function. (any; @task is current, or held in
 * task_call_func(), or an idle task that is not running)
 */
enum unwind_reason unwind_reliable(struct task *task, unsigned long *entries, unsigned *n);
/* A guess from @regs or, if NULL, from the caller, for panics and warnings. (any) */
unsigned unwind_guess(struct task *task, const struct pt_regs *regs, unsigned long *entries,
		      unsigned max);

#endif
