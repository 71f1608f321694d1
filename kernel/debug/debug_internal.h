/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations that the files of kernel/debug share. */
#ifndef DEBUG_INTERNAL_H
#define DEBUG_INTERNAL_H

#include <neurath/report.h>

/* Prints "waits for the mutex NAME, held by ..." or for a server, to the chain's end. (any) */
void report_wait(const struct task *task);

/*
 * The reason why the machine cannot continue if @t, which is current, is ended at this point;
 * NULL if it can.  @irqs_off: interrupts are off at this point.
 */
const char *oops_why_fatal(const struct task *t, bool irqs_off);

/* Called at each look of the watchdog: the timer has interrupted current at @regs. (irq) */
void evict_look(const struct pt_regs *regs);

#endif
