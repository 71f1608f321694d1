/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nudges for a running transition: the fake signal and the safety pass.
 *
 * The fake signal: every klp_signal_period_ms (15 s by default) and on request, every pending
 * task is made to leave its interruptible sleep.  A user task's call is restarted on the way to
 * user mode, where the task changes over; no signal is queued and no handler runs.  A kernel
 * thread gets a wake-up that it must treat as spurious.  The pass and the file "signal" take no
 * lock: a callback may hold klp_mutex without limit, and may itself wait for a task that the
 * administrator wants to wake.  If the transition ends meanwhile, some tasks get a needless
 * wake-up.
 *
 * The safety pass: every klp_safety_period_ms (a second), all pending tasks are looked at as at
 * the start.  Completion is driven by events and does not need this pass.  If the pass can
 * change a task over, the events have missed that task; this is a bug, and the log says so.
 *
 * The periodic run is a work item that holds klp_mutex.  Setting a new period takes no lock.
 */
#include "internal.h"
#include <neurath/kernfs.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>

#define KLP_PERIOD_MAX_MS	(3600 * 1000)

static unsigned long klp_safety_period_ms = 1000;
static unsigned long klp_signal_period_ms = 15000;	/* 0 = only on request */
/* Start of the period.  Set without a lock: every writer sets the present time. */
static u64 nudge_from_ns;
static bool nudge_announced;				/* (klp_mutex) */

static void klp_nudge_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(klp_nudge_work, klp_nudge_work_fn);

static void klp_signal_task(struct task *task)
{
	if (!test_task_flag(task, TIF_PATCH_PENDING) || (task->pflags & PF_IDLE))
		return;
	/* The task may have changed over since: then this wake-up is needless, which is allowed. */
	if (task->pflags & PF_KTHREAD) {
		if (trace_is_on(task_kick))
			trace_task_kick(task);
		wake_up_state(task, TASK_INTERRUPTIBLE | TASK_KICKABLE);
	} else {
		set_notify_signal(task);
	}
}

void klp_send_signals(void)
{
	/* Without the lock no name of a patch is safe: the record is of the running transition. */
	if (trace_is_on(klp_transition))
		trace_klp_transition("", TRACE_KLP_SIGNAL, READ_ONCE(klp_target_state));
	klp_for_each_task(klp_signal_task);
}

static void klp_safety_look(struct task *task)
{
	/* A task that changes over by itself before the look was not missed. */
	struct klp_judgement look = { .switched = false };

	/* A child that has not run yet will pass a point of judgement soon: it was not missed. */
	if (!test_task_flag(task, TIF_PATCH_PENDING) || task == current || !task_has_run(task))
		return;
	if (!klp_try_switch_task(task, &look))
		klp_debug_look(task, &look);
	else if (look.switched)
		pr_warn("safety pass: %s:%d could switch, and no event had noticed\n", task->comm,
			task->pid);
}

/* The time at which the next fake signal is due; ~0 = never. */
static u64 nudge_signal_due_ns(void)
{
	u64 ms = READ_ONCE(klp_signal_period_ms);

	return ms ? READ_ONCE(nudge_from_ns) + ms * NSEC_PER_MSEC : ~0ull;
}

static void nudge_schedule(void)
{
	u64 period_ns = READ_ONCE(klp_safety_period_ms) * NSEC_PER_MSEC;
	u64 now = clock_ns(), due = nudge_signal_due_ns();

	if (due > now)
		period_ns = min(period_ns, due - now);
	mod_delayed_work_ns(&klp_nudge_work, period_ns);
}

static void nudge_signal_if_due(void)
{
	if (clock_ns() < nudge_signal_due_ns())
		return;
	if (!nudge_announced)
		pr_notice("signaling remaining tasks\n");
	nudge_announced = true;
	klp_send_signals();
	WRITE_ONCE(nudge_from_ns, clock_ns());
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
	WRITE_ONCE(nudge_from_ns, clock_ns());
	nudge_schedule();
}

void klp_nudge_stop(void)
{
	assert_mutex_held(&klp_mutex);
	/* Not _sync: a work item that has started waits for klp_mutex, then finds nothing to do. */
	cancel_delayed_work(&klp_nudge_work);
}

/* The files of both periods; private points to the variable. */
static int period_show(struct seq_file *m, void *private)
{
	seq_printf(m, "%lu\n", READ_ONCE(*(unsigned long *)private));
	return 0;
}

static ssize_t period_store(const char *buf, size_t n, void *private)
{
	unsigned long ms;
	int error = kstrtoul(buf, 10, &ms);

	if (error)
		return error;
	if (ms > KLP_PERIOD_MAX_MS || (!ms && private == &klp_safety_period_ms))
		return -EINVAL;
	WRITE_ONCE(nudge_from_ns, clock_ns());
	WRITE_ONCE(*(unsigned long *)private, ms);
	/* If a transition begins or ends now, the work item finds nothing to do or starts anew. */
	if (READ_ONCE(klp_transition_patch))
		nudge_schedule();
	return (ssize_t)n;
}

static const struct kernfs_file_ops period_ops = {
	.show = period_show,
	.store = period_store,
};
KERNFS_FILE(klp_signal_period_file, "/proc/sys/kernel/livepatch_signal_period_ms", S_IFREG | 0644,
	    &period_ops, &klp_signal_period_ms);
KERNFS_FILE(klp_safety_period_file, "/proc/sys/kernel/livepatch_safety_period_ms", S_IFREG | 0644,
	    &period_ops, &klp_safety_period_ms);
