/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that runs later in process context: one system queue served by kernel
 * threads.  A work item runs on at most one thread at a time; queued again while
 * it runs, it runs once more.
 */
#ifndef NEURATH_WORKQUEUE_H
#define NEURATH_WORKQUEUE_H

#include <neurath/list.h>
#include <neurath/timer.h>

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	struct list_head node;		/* queue lock */
	work_func_t func;
	bool pending;			/* queue lock */
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
bool mod_delayed_work_ns(struct delayed_work *dwork, u64 delay_ns);
/* Waits until the work is neither queued nor running. (task) */
bool flush_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dwork);
bool cancel_delayed_work_sync(struct delayed_work *dwork);
void workqueue_init(void);

#endif
