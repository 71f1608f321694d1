/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Detector of hung tasks: tasks in state D that not even SIGKILL wakes, and that have not run for
 * hung_task_timeout_secs.  A work item examines all tasks, and reports where such a task sleeps
 * and for which task it waits.
 *
 * Names, defaults and texts are Linux's: kernel.hung_task_timeout_secs (0: off),
 * hung_task_check_interval_secs (0: as the timeout), hung_task_warnings (-1: no limit),
 * hung_task_panic.
 */
#include <neurath/bug.h>
#include <neurath/init.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/sysctl.h>
#include <neurath/workqueue.h>
#include "debug_internal.h"

#define HUNG_DAY	(24 * 60 * 60)

static int hung_timeout = 120, hung_interval, hung_warnings = 10, hung_panic;

static void hung_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(hung_work, hung_work_fn);

static u64 hung_switches_of(const struct task *t)
{
	return READ_ONCE(t->se.nvcsw) + READ_ONCE(t->se.nivcsw);
}

/* A task in such a sleep waits for other tasks; idle kernel threads do not count. */
static bool hung_counts(unsigned state)
{
	return (state & TASK_UNINTERRUPTIBLE) && !(state & (TASK_WAKEKILL | TASK_NOLOAD));
}

static void hung_report(struct task *t, u64 ns)
{
	struct report_hold hold;

	report_begin(&hold);
	pr_emerg("INFO: task %s:%d blocked for more than %llu seconds.\n", t->comm, t->pid,
		 (unsigned long long)(ns / NSEC_PER_SEC));
	pr_emerg("\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n");
	report_task(t);
	report_wait(t);
	report_end(&hold);
	if (hung_panic)
		panic("hung_task: blocked tasks");
}

static void hung_look(struct task *t)
{
	u64 switches = hung_switches_of(t), now = clock_ns();

	if (!hung_counts(READ_ONCE(t->state)) || switches != t->hung_switches) {
		t->hung_switches = switches;
		t->hung_since_ns = now;
		return;
	}
	if (now - t->hung_since_ns < (u64)READ_ONCE(hung_timeout) * NSEC_PER_SEC)
		return;
	if (hung_warnings) {
		hung_report(t, now - t->hung_since_ns);
		hung_warnings -= hung_warnings > 0;
	}
	/* The next report comes after the same time. */
	t->hung_since_ns = now;
}

static void hung_schedule(void)
{
	int seconds = READ_ONCE(hung_timeout), interval = READ_ONCE(hung_interval);

	if (!seconds) {
		cancel_delayed_work(&hung_work);
		return;
	}
	if (interval && interval < seconds)
		seconds = interval;
	mod_delayed_work_ns(&hung_work, (u64)seconds * NSEC_PER_SEC);
}

static void hung_work_fn(struct work_struct *work)
{
	struct task_walk walk;

	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
		hung_look(t);
		cond_resched();
	}
	hung_schedule();
}

void __init hung_task_init(void)
{
	hung_schedule();
}

SYSCTL(hung_task_timeout, "hung_task_timeout_secs", &hung_timeout, 0, HUNG_DAY, hung_schedule);
SYSCTL(hung_task_interval, "hung_task_check_interval_secs", &hung_interval, 0, HUNG_DAY,
       hung_schedule);
SYSCTL(hung_task_warnings, "hung_task_warnings", &hung_warnings, -1, 1 << 20, NULL);
SYSCTL(hung_task_panic, "hung_task_panic", &hung_panic, 0, 1, NULL);
