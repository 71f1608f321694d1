/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: hardware breakpoints of user tasks, see debugreg.c. */
#ifndef ARCH_X86_64_DEBUGREG_H
#define ARCH_X86_64_DEBUGREG_H

#include <neurath/types.h>

struct pt_regs;
struct task;

/* Loads the breakpoints of @next, and no others, into this CPU.  Interrupts off. */
void debugreg_switch(struct task *prev, struct task *next);
/* Removes the breakpoints: at exec (current), or when the task is freed. */
void debugreg_drop(struct task *task);

/*
 * In a #DB: records for the tracer which breakpoints of current were hit, and lets the
 * instruction at a breakpoint run when current continues.  True if there was a hit and no single
 * step.
 */
bool debugreg_hit(struct pt_regs *regs);

#endif
