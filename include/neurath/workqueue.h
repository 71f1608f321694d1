/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that runs later in process context, in kernel threads: one pool of threads for works of
 * the kernel, another pool for works of modules.  A work item runs on at most one thread at a
 * time.  If it is queued while it runs, it runs once more.
 */
#ifndef NEURATH_WORKQUEUE_H
#define NEURATH_WORKQUEUE_H

#include <neurath/list.h>
#include <neurath/timer.h>

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

/* All but func: kernel/sched/workqueue.c, under its lock. */
struct work_struct {
	struct list_head node;		/* in the queue */
	work_func_t func;
	bool pending;			/* queued, or its timer is armed */
	unsigned canceling;		/* cancel_work_sync() in progress: cannot be queued */
	unsigned runs;			/* number of starts */
};

struct delayed_work {
	struct work_struct work;
	struct timer timer;
};

void delayed_work_timer(struct timer *timer);

#define WORK_INIT(w, f)		{ .node = LIST_HEAD_INIT((w).node), .func = f }
#define DECLARE_WORK(var, f)	struct work_struct var = WORK_INIT(var, f)
#define DECLARE_DELAYED_WORK(var, f) \
	struct delayed_work var = { .work = WORK_INIT((var).work, f), \
		.timer = { .fn = delayed_work_timer, .arg = &(var) } }
void INIT_WORK(struct work_struct *work, work_func_t func);
void INIT_DELAYED_WORK(struct delayed_work *dwork, work_func_t func);

/* True if it was not queued before. (irq) */
bool schedule_work(struct work_struct *work);
/* @delay in jiffies. (irq) */
bool schedule_delayed_work(struct delayed_work *dwork, unsigned long delay);
/* Runs it after @delay_ns from now, pending or not: true if it was pending. (irq) */
bool mod_delayed_work_ns(struct delayed_work *dwork, u64 delay_ns);
static inline bool mod_delayed_work(struct delayed_work *dwork, unsigned long delay)
{
	return mod_delayed_work_ns(dwork, jiffies_to_nsecs(delay));
}
/*
 * Waits until the queued or running run has ended; false if there was none.  Does not wait for a
 * delayed work's timer.  Must not be called by the work itself. (task)
 */
bool flush_work(struct work_struct *work);
/* On return neither queued nor running, even if it queues itself: true if it was queued. (task) */
bool cancel_work_sync(struct work_struct *work);
/* True if it was pending and will not run; does not wait for a run. (irq) */
bool cancel_delayed_work(struct delayed_work *dwork);
bool cancel_delayed_work_sync(struct delayed_work *dwork);
void workqueue_init(void);

#endif
