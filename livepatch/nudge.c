// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What helps a transition along while it runs:
 *
 * The fake signal: every klp_signal_period_ms (15 s unless set otherwise) and on
 * request, every task that is still pending is made to leave its interruptible sleep.
 * A user task's call is restarted on the way to user mode, where the task
 * switches; nothing is queued and no handler runs.  A kernel thread gets a wakeup
 * that it must take for a spurious one.
 *
 * The safety pass: once a second, all pending tasks are looked at as at the start.
 * Completion is driven by events and does not need it; a task that it can switch
 * was missed by them, which is a bug and is said in the log.
 *
 * Runs from a work item, under klp_mutex.
 */
#include "internal.h"
#include <neurath/kernfs.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>

#define KLP_SAFETY_PERIOD_MS	1000

static unsigned long klp_signal_period_ms = 15000;	/* 0 = never by itself */
static u64 nudge_signal_due_ns;				/* (klp_mutex) */
static bool nudge_announced;				/* (klp_mutex) */

static void klp_nudge_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(klp_nudge_work, klp_nudge_work_fn);

static void klp_signal_task(struct task *task)
{
	if (!test_task_flag(task, TIF_PATCH_PENDING) || (task->pflags & PF_IDLE))
		return;
	/* It may have switched since: then this is a wakeup for nothing, which is allowed. */
	if (task->pflags & PF_KTHREAD)
		wake_up_state(task, TASK_INTERRUPTIBLE | TASK_KICKABLE);
	else
		set_notify_signal(task);
}

void klp_send_signals(void)
{
	assert_mutex_held(&klp_mutex);
	klp_for_each_task(klp_signal_task);
}

static void klp_safety_look(struct task *task)
{
	/* One that switches by itself before we look at its stack was not missed. */
	struct klp_judgement look = { .switched = false };

	/* A child that has not run yet will pass soon: nothing has missed it. */
	if (!test_task_flag(task, TIF_PATCH_PENDING) || task == current || !task_has_run(task))
		return;
	if (!klp_try_switch_task(task, &look))
		klp_debug_look(task, &look);
	else if (look.switched)
		pr_warn("safety pass: %s:%d could switch, and no event had noticed\n", task->comm,
			task->pid);
}

static void nudge_schedule(void)
{
	u64 period_ns = KLP_SAFETY_PERIOD_MS * NSEC_PER_MSEC;
	u64 now = clock_ns();

	if (klp_signal_period_ms && nudge_signal_due_ns > now)
		period_ns = min(period_ns, nudge_signal_due_ns - now);
	mod_delayed_work_ns(&klp_nudge_work, period_ns);
}

static void nudge_set_signal_due(void)
{
	nudge_signal_due_ns = clock_ns() + READ_ONCE(klp_signal_period_ms) * NSEC_PER_MSEC;
}

static void nudge_signal_if_due(void)
{
	if (!READ_ONCE(klp_signal_period_ms) || clock_ns() < nudge_signal_due_ns)
		return;
	if (!nudge_announced)
		pr_notice("signaling remaining tasks\n");
	nudge_announced = true;
	klp_send_signals();
	nudge_set_signal_due();
}

static void klp_nudge_work_fn(struct work_struct *work)
{
	mutex_lock(&klp_mutex);
	if (klp_transition_patch) {
		klp_for_each_task(klp_safety_look);
		nudge_signal_if_due();
		klp_complete_if_done();
		if (klp_transition_patch)
			nudge_schedule();
	}
	mutex_unlock(&klp_mutex);
}

void klp_nudge_start(void)
{
	assert_mutex_held(&klp_mutex);
	nudge_announced = false;
	nudge_set_signal_due();
	nudge_schedule();
}

void klp_nudge_stop(void)
{
	assert_mutex_held(&klp_mutex);
	/* Not _sync: a work that has started waits for klp_mutex, and then finds nothing to do. */
	cancel_delayed_work(&klp_nudge_work);
}

static int signal_period_show(struct seq_file *m, void *private)
{
	seq_printf(m, "%lu\n", klp_signal_period_ms);
	return 0;
}

static ssize_t signal_period_store(const char *buf, size_t n, void *private)
{
	unsigned long ms;
	int error = kstrtoul(buf, 10, &ms);

	if (error)
		return error;
	if (ms > 3600 * 1000)
		return -EINVAL;
	mutex_lock(&klp_mutex);
	klp_signal_period_ms = ms;
	if (klp_transition_patch) {
		nudge_set_signal_due();
		nudge_schedule();
	}
	mutex_unlock(&klp_mutex);
	return (ssize_t)n;
}

static const struct kernfs_file_ops signal_period_ops = {
	.show = signal_period_show,
	.store = signal_period_store,
};
KERNFS_FILE(klp_signal_period_file, "/proc/sys/kernel/livepatch_signal_period_ms", S_IFREG | 0644,
	    &signal_period_ops, NULL);
