/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The work queue: functions that run later in process context.
 *
 * One list of pending work and a pool of kernel threads.  A worker that goes to
 * sleep within a work lets another one go on (schedule() tells), and a worker
 * that takes work when no idle one is left first creates the next.  So work
 * waits behind sleeping work only when WORKERS_MAX of them sleep.
 *
 * wq_lock protects everything here, also the fields of work items.  A work may
 * free itself or be queued again from its own function: after the function was
 * called, a worker does not touch the work, only compares its address.
 */
#include <neurath/workqueue.h>
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/race.h>
#include "rq.h"

#define WORKERS_MAX	32

struct worker {
	struct list_head node;		/* wq_idle or wq_busy */
	struct task *task;		/* (!) */
	struct work_struct *current_work;	/* running now, or NULL */
	bool idle;			/* on wq_idle */
	bool blocked;			/* asleep within a work */
};

static DEFINE_SPINLOCK_RANK(wq_lock, RANK_WORKQUEUE);
static LIST_HEAD(wq_pending);
static LIST_HEAD(wq_idle);
static LIST_HEAD(wq_busy);
static unsigned wq_workers;
static unsigned wq_running;		/* busy and not blocked */
static unsigned wq_flushers;		/* tasks that wait for the end of some work */
static DECLARE_WAIT_QUEUE_HEAD(wq_flush_wait);

void INIT_WORK(struct work_struct *work, work_func_t func)
{
	*work = (struct work_struct){ .func = func };
	INIT_LIST_HEAD(&work->node);
}

void INIT_DELAYED_WORK(struct delayed_work *dwork, work_func_t func)
{
	INIT_WORK(&dwork->work, func);
	timer_init(&dwork->timer, delayed_work_timer, dwork);
}

/* ---- the pool: wq_lock held ----------------------------------------------- */

static bool work_is_running(const struct work_struct *work)
{
	struct worker *w;

	assert_spin_held(&wq_lock);
	list_for_each_entry(w, &wq_busy, node)
		if (w->current_work == work)
			return true;
	return false;
}

/* The first work that is not running already on another worker. */
static struct work_struct *work_next(void)
{
	struct work_struct *work;

	list_for_each_entry(work, &wq_pending, node)
		if (!work_is_running(work))
			return work;
	return NULL;
}

/* Sends an idle worker to work, if there is some and few enough are running. */
static void pool_wake(void)
{
	struct worker *w;

	assert_spin_held(&wq_lock);
	if (wq_running > nr_cpus || list_empty(&wq_idle) || !work_next())
		return;
	w = list_first_entry(&wq_idle, struct worker, node);
	list_move(&w->node, &wq_busy);
	w->idle = false;
	wq_running++;
	wake_up_process(w->task);
}

static void work_enqueue(struct work_struct *work)
{
	list_add_tail(&work->node, &wq_pending);
	pool_wake();
}

/* ---- workers -------------------------------------------------------------- */

void workqueue_worker_sleeps(struct task *t)
{
	struct worker *w = kthread_arg(t);
	unsigned long flags;

	if (!w->current_work)
		return;
	spin_lock_irqsave(&wq_lock, flags);
	w->blocked = true;
	wq_running--;
	pool_wake();
	spin_unlock_irqrestore(&wq_lock, flags);
}

void workqueue_worker_runs(struct task *t)
{
	struct worker *w = kthread_arg(t);
	unsigned long flags;

	if (!w->blocked)
		return;
	spin_lock_irqsave(&wq_lock, flags);
	w->blocked = false;
	wq_running++;
	spin_unlock_irqrestore(&wq_lock, flags);
}

/*
 * Sleeps until pool_wake() chose this worker.  A wake-up for nothing is welcome: it
 * lets a live patch of schedule() judge the worker outside of it.
 */
static void worker_wait(struct worker *w)
{
	for (;;) {
		set_current_state(TASK_IDLE | TASK_KICKABLE);
		if (!READ_ONCE(w->idle))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

static void worker_run(struct worker *w, struct work_struct *work)
{
	work_func_t func = work->func;

	list_del_init(&work->node);
	work->pending = false;
	work->runs++;
	w->current_work = work;
	spin_unlock_irq(&wq_lock);
	func(work);
	if (CONFIG_DEBUG && current->held_count)
		panic("work function %p returned with a mutex held", func);
	cond_resched();
	race_point();
	spin_lock_irq(&wq_lock);
	w->current_work = NULL;
	if (wq_flushers)
		wake_up_all(&wq_flush_wait);
}

static bool worker_create(void);

static __noreturn int worker_main(void *arg)
{
	struct worker *w = arg;

	current->pflags |= PF_WORKER;
	for (;;) {
		struct work_struct *work;

		worker_wait(w);
		if (list_empty(&wq_idle))
			worker_create();
		spin_lock_irq(&wq_lock);
		while ((work = work_next()))
			worker_run(w, work);
		wq_running--;
		w->idle = true;
		list_move(&w->node, &wq_idle);
		spin_unlock_irq(&wq_lock);
	}
}

/* The new worker is idle; it is woken for the first time when there is work. */
static bool worker_create(void)
{
	static unsigned number;
	struct worker *w;

	if (READ_ONCE(wq_workers) >= WORKERS_MAX)
		return false;
	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return false;
	w->idle = true;
	w->task = kthread_create(worker_main, w, "kworker/%u", number++);
	if (IS_ERR(w->task)) {
		kfree(w);
		return false;
	}
	spin_lock_irq(&wq_lock);
	wq_workers++;
	list_add(&w->node, &wq_idle);
	pool_wake();
	spin_unlock_irq(&wq_lock);
	return true;
}

void __init workqueue_init(void)
{
	if (!worker_create() || !worker_create())
		panic("no memory for the work queue: the machine needs more (MEM=)");
}

/* ---- queueing and taking back --------------------------------------------- */

bool schedule_work(struct work_struct *work)
{
	unsigned long flags;
	bool queued;

	spin_lock_irqsave(&wq_lock, flags);
	queued = !work->pending && !work->canceling;
	if (queued) {
		work->pending = true;
		work_enqueue(work);
	}
	spin_unlock_irqrestore(&wq_lock, flags);
	return queued;
}

/*
 * The timer of a delayed work.  It may be late: by the time it gets the lock, the
 * work may have been cancelled (not pending) or armed anew (then a later call
 * will come).
 */
void delayed_work_timer(struct timer *timer)
{
	struct delayed_work *dwork = timer->arg;
	unsigned long flags;

	race_point();
	spin_lock_irqsave(&wq_lock, flags);
	if (dwork->work.pending && list_empty(&dwork->work.node) && !timer_is_armed(timer))
		work_enqueue(&dwork->work);
	spin_unlock_irqrestore(&wq_lock, flags);
}

/* Caller holds wq_lock; the work is not pending. */
static void delayed_work_start(struct delayed_work *dwork, u64 delay_ns)
{
	assert_spin_held(&wq_lock);
	dwork->work.pending = true;
	if (delay_ns)
		timer_arm(&dwork->timer, clock_ns() + delay_ns);
	else
		work_enqueue(&dwork->work);
}

bool schedule_delayed_work(struct delayed_work *dwork, unsigned long delay)
{
	unsigned long flags;
	bool queued;

	spin_lock_irqsave(&wq_lock, flags);
	queued = !dwork->work.pending && !dwork->work.canceling;
	if (queued)
		delayed_work_start(dwork, jiffies_to_nsecs(delay));
	spin_unlock_irqrestore(&wq_lock, flags);
	return queued;
}

/* Takes the work out of the queue or off its timer.  Caller holds wq_lock. */
static bool work_take_back(struct work_struct *work, struct timer *timer)
{
	bool was_pending = work->pending;

	assert_spin_held(&wq_lock);
	if (timer)
		timer_cancel(timer);
	if (!list_empty(&work->node))
		list_del_init(&work->node);
	work->pending = false;
	return was_pending;
}

bool mod_delayed_work_ns(struct delayed_work *dwork, u64 delay_ns)
{
	unsigned long flags;
	bool was_pending;

	spin_lock_irqsave(&wq_lock, flags);
	was_pending = work_take_back(&dwork->work, &dwork->timer);
	if (!dwork->work.canceling)
		delayed_work_start(dwork, delay_ns);
	spin_unlock_irqrestore(&wq_lock, flags);
	return was_pending;
}

bool cancel_delayed_work(struct delayed_work *dwork)
{
	unsigned long flags;
	bool was_pending;

	spin_lock_irqsave(&wq_lock, flags);
	was_pending = work_take_back(&dwork->work, &dwork->timer);
	spin_unlock_irqrestore(&wq_lock, flags);
	return was_pending;
}

/*
 * Whether run number @run has ended.  A work does not run twice at a time, so a
 * later start proves it, too.
 */
static bool work_run_is_over(struct work_struct *work, unsigned run)
{
	unsigned long flags;
	bool over;

	spin_lock_irqsave(&wq_lock, flags);
	over = (int)(work->runs - run) > 0 || (!work->pending && !work_is_running(work)) ||
	       (work->runs == run && !work_is_running(work));
	spin_unlock_irqrestore(&wq_lock, flags);
	return over;
}

static void work_wait_for_run(struct work_struct *work, unsigned run)
{
	struct worker *self = current->pflags & PF_WORKER ? kthread_arg(current) : NULL;

	/* A work that waits for itself would wait for ever. */
	assert(!self || self->current_work != work);
	spin_lock_irq(&wq_lock);
	wq_flushers++;
	spin_unlock_irq(&wq_lock);
	wait_event(wq_flush_wait, work_run_is_over(work, run));
	spin_lock_irq(&wq_lock);
	wq_flushers--;
	spin_unlock_irq(&wq_lock);
}

bool flush_work(struct work_struct *work)
{
	unsigned run;
	bool queued, running;

	spin_lock_irq(&wq_lock);
	queued = !list_empty(&work->node);
	running = work_is_running(work);
	run = work->runs + queued;
	spin_unlock_irq(&wq_lock);
	if (queued || running)
		work_wait_for_run(work, run);
	return queued || running;
}

static bool work_cancel_sync(struct work_struct *work, struct timer *timer)
{
	bool was_pending, running;
	unsigned run;

	spin_lock_irq(&wq_lock);
	work->canceling++;
	was_pending = work_take_back(work, timer);
	running = work_is_running(work);
	run = work->runs;
	spin_unlock_irq(&wq_lock);
	if (timer)
		timer_cancel_sync(timer);
	if (running)
		work_wait_for_run(work, run);
	spin_lock_irq(&wq_lock);
	work->canceling--;
	spin_unlock_irq(&wq_lock);
	return was_pending;
}

bool cancel_work_sync(struct work_struct *work)
{
	return work_cancel_sync(work, NULL);
}

bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	return work_cancel_sync(&dwork->work, &dwork->timer);
}
