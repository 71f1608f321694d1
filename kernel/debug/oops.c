/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An oops: a fault in the kernel that ends one task; the machine continues.
 *
 * The task abandons its stack (arch_abandon_stack()): the frames of the fault are gone, so live
 * patching does not wait for functions to which no return leads, and a stack that has overflowed
 * has room again.  Then the task dies like any other task: of SIGSEGV, or as a kernel thread.
 *
 * Its locks stay locked, and the report names them.  The machine cannot continue, and this is a
 * panic, if the task held a lock that every task needs, or was on a list with a part of the
 * abandoned stack: oops_why_fatal().  Only debug builds can see that a spinlock is held with
 * interrupts on; in a release build the next CPU that waits for it reports a lock-up
 * (watchdog.c).
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/export.h>
#include <neurath/lockcheck.h>
#include <neurath/module.h>
#include <neurath/mutex.h>
#include <neurath/port.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/report.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/sysctl.h>
#include <neurath/vm.h>
#include "debug_internal.h"

#define EFLAGS_IF	(1UL << 9)

static int panic_on_oops;
static unsigned oops_count;		/* (atomic) */
SYSCTL(panic_on_oops, "panic_on_oops", &panic_on_oops, 0, 1, NULL);

/* The reason why the machine needs @t, or NULL. */
static const char *oops_task_is_needed(const struct task *t)
{
	if (!t || (t->pflags & PF_IDLE))
		return "this is the idle task";
	if (t->process == init_process)
		return "this is init";
	if (t->pflags & PF_WORKER)
		return "this is a worker of the work queue";
	if (t->pflags & PF_EXITING)
		return "the task was dying already";
	return NULL;
}

const char *oops_why_fatal(const struct task *t, bool irqs_off)
{
	const char *why = oops_task_is_needed(t);

	if (why)
		return why;
	if (lockcheck_held(cpu_id(), 0))
		return "a spinlock is held";
	if (irqs_off)
		return "interrupts were off";
	if (t->state != TASK_RUNNING)
		return "the task was about to sleep";
	if (call_in_progress(t))
		return "the task was in the middle of a call to a server";
	if (t->mm && mutex_is_mine(&t->mm->mmap_lock))
		return "the task holds the lock of its address space";
	return NULL;
}

static void __noreturn oops_panic(const struct pt_regs *regs, const char *reason, const char *why)
{
	if (!panic_on_oops && !panic_in_progress())
		pr_emerg("Oops: the machine cannot go on: %s\n", why);
	panic_regs(regs, "%s", reason);
}

/* On an empty stack, interrupts off. */
static void oops_die(void)
{
	struct task *t = current;

	irq_enable();
	/* The task will not release its locks, and the lock checker must not wait for that. */
	t->held_count = 0;
	if (t->pflags & PF_KTHREAD)
		kthread_exit(-EFAULT);
	do_group_exit(SIGSEGV);
}

static void __noreturn oops_report(const struct pt_regs *regs, const char *fmt, va_list args)
{
	bool irqs_off = regs ? !(regs->eflags & EFLAGS_IF) : irqs_disabled();
	struct task *t = current;
	struct report_hold hold;
	const char *why;
	char reason[256];

	vscnprintf(reason, sizeof(reason), fmt, args);
	why = panic_on_oops ? "panic_on_oops is set" : oops_why_fatal(t, irqs_off);
	add_taint(TAINT_DIE);
	if (why)
		oops_panic(regs, reason, why);
	report_begin(&hold);
	pr_emerg("Oops: %s [#%u]\n", reason,
		 __atomic_add_fetch(&oops_count, 1, __ATOMIC_RELAXED));
	report_current(regs);
	pr_emerg("---[ end Oops: %s pid %d is ended, the machine goes on ]---\n", t->comm, t->pid);
	report_end(&hold);
	arch_abandon_stack(oops_die);
}

void oops(const struct pt_regs *regs, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	oops_report(regs, fmt, args);
}

void bug_report(const char *file, int line)
{
	oops(NULL, "BUG at %s:%d", file, line);
}

EXPORT_SYMBOL(bug_report);
