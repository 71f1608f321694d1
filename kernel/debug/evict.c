/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Eviction: ends a task that loops in a new function without end.  Disabling the patch waits for
 * such a task, and a signal cannot end it, as it does not leave the kernel.  Once SIGKILL was
 * sent to it, the task is ended where it is, as by an oops, under three conditions: its patch is
 * being disabled, it was in a function of that patch at EVICT_LOOKS looks of the watchdog in a
 * row, and its stack may be abandoned.
 *
 * A task that is only slow has the time between the looks to return from the function.
 */
#include <neurath/klp_sched.h>
#include <neurath/ksyms.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/unwind.h>
#include "debug_internal.h"

#define EVICT_LOOKS	3
#define EFLAGS_IF	(1UL << 9)

/* For each CPU: the task that was seen so, and the number of looks. */
static struct {
	const struct task *task;	/* compared only */
	unsigned looks;
} evict_seen[NR_CPUS];

/* On an empty stack, interrupts off. */
static void evict_die(void)
{
	irq_enable();
	current->held_count = 0;
	do_group_exit(SIGKILL);
}

static void evict(unsigned long where)
{
	struct report_hold hold;

	report_begin(&hold);
	pr_emerg("livepatch: %s pid %d was killed, and looped in %pB, which is taken back\n",
		 current->comm, current->pid, (void *)where);
	report_end(&hold);
	arch_abandon_after_interrupt(evict_die);
}

/* The function of a patch that is being disabled in which current is, or 0. */
static unsigned long evict_where(const struct pt_regs *regs)
{
	unsigned long entries[REPORT_STACK_ENTRIES];
	unsigned n;

	if (user_mode(regs) || (current->pflags & PF_KTHREAD) || !fatal_signal_pending(current))
		return 0;
	n = unwind_guess(current, regs, entries, REPORT_STACK_ENTRIES);
	return klp_find_taken_back(entries, n);
}

void evict_look(const struct pt_regs *regs)
{
	unsigned cpu = cpu_id();
	unsigned long where = evict_where(regs);

	if (!where || evict_seen[cpu].task != current) {
		evict_seen[cpu].task = where ? current : NULL;
		evict_seen[cpu].looks = where != 0;
		return;
	}
	if (++evict_seen[cpu].looks < EVICT_LOOKS ||
	    oops_why_fatal(current, !(regs->eflags & EFLAGS_IF)))
		return;
	evict_seen[cpu].task = NULL;
	evict(where);
}
