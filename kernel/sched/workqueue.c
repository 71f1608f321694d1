/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The work queue: functions that run later in process context.
 *
 * A pool is a list of pending work and some kernel threads.  When a worker goes to sleep within a
 * work, another worker continues (schedule() tells the pool).  A worker that takes work when no
 * idle worker is left first creates the next one.  So work waits behind sleeping work only when
 * WORKERS_MAX workers sleep.
 *
 * There are two pools; the address of a work's function decides to which one the work belongs.
 * Works of modules may sleep or compute without limit, in any number.  Works of the kernel are
 * needed by other code (live patching completes in one), and wait only for each other: for
 * klp_mutex, or the methods of a file.
 *
 * wq_lock protects everything here, also the fields of work items.  A work may free itself or be
 * queued again by its own function: after the call of the function a worker does not access the
 * work, it only compares its address.
 */
#include <neurath/workqueue.h>
#include <neurath/bug.h>
#include <neurath/handed.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/race.h>
#include "rq.h"

#define WORKERS_MAX	32

struct pool {
	struct list_head pending, idle, busy;
	unsigned workers;
	unsigned running;		/* busy and not blocked */
};

#define POOL_INIT(pool) { \
	.pending = LIST_HEAD_INIT((pool).pending), \
	.idle = LIST_HEAD_INIT((pool).idle), \
	.busy = LIST_HEAD_INIT((pool).busy), \
}

struct worker {
	struct list_head node;		/* in the list idle or busy of its pool */
	struct pool *pool;		/* (!) */
	struct task *task;		/* (!) */
	struct work_struct *current_work;	/* running now, or NULL */
	bool idle;			/* in the list idle */
	bool blocked;			/* asleep within a work */
};

static DEFINE_SPINLOCK_RANK(wq_lock, RANK_WORKQUEUE);
static struct pool wq_kernel = POOL_INIT(wq_kernel), wq_modules = POOL_INIT(wq_modules);
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

/* ---- the pools: wq_lock held ---------------------------------------------- */

static struct pool *work_pool(const struct work_struct *work)
{
	return (unsigned long)work->func < MODULE_BASE ? &wq_kernel : &wq_modules;
}

static bool work_is_running(const struct work_struct *work)
{
	struct worker *w;

	assert_spin_held(&wq_lock);
	list_for_each_entry(w, &work_pool(work)->busy, node)
		if (w->current_work == work)
			return true;
	return false;
}

/* The first pending work that is not running on another worker already. */
static struct work_struct *work_next(const struct pool *pool)
{
	struct work_struct *work;

	list_for_each_entry(work, &pool->pending, node)
		if (!work_is_running(work))
			return work;
	return NULL;
}

/* Wakes an idle worker if there is one and few enough are running. */
static void pool_wake(struct pool *pool)
{
	struct worker *w;

	assert_spin_held(&wq_lock);
	if (pool->running > nr_cpus || list_empty(&pool->idle) || !work_next(pool))
		return;
	w = list_first_entry(&pool->idle, struct worker, node);
	list_move(&w->node, &pool->busy);
	w->idle = false;
	pool->running++;
	wake_up_process(w->task);
}

static void work_enqueue(struct work_struct *work)
{
	struct pool *pool = work_pool(work);

	list_add_tail(&work->node, &pool->pending);
	pool_wake(pool);
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
	w->pool->running--;
	pool_wake(w->pool);
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
	w->pool->running++;
	spin_unlock_irqrestore(&wq_lock, flags);
}

/*
 * Sleeps until pool_wake() chooses this worker.  A needless wake-up is useful: it lets a live
 * patch of schedule() judge the worker outside of schedule().
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

static bool worker_create(struct pool *pool);

static __noreturn int worker_main(void *arg)
{
	struct worker *w = arg;
	struct pool *pool = w->pool;

	current->pflags |= PF_WORKER;
	for (;;) {
		struct work_struct *work;

		worker_wait(w);
		if (list_empty(&pool->idle))
			worker_create(pool);
		spin_lock_irq(&wq_lock);
		while ((work = work_next(pool)))
			worker_run(w, work);
		pool->running--;
		w->idle = true;
		list_move(&w->node, &pool->idle);
		spin_unlock_irq(&wq_lock);
	}
}

/* The new worker is idle and sleeps until there is work. */
static bool worker_create(struct pool *pool)
{
	static atomic_t number;
	struct worker *w;

	if (READ_ONCE(pool->workers) >= WORKERS_MAX)
		return false;
	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return false;
	w->idle = true;
	w->pool = pool;
	w->task = kthread_create(worker_main, w, "kworker/%d", atomic_inc_return(&number) - 1);
	if (IS_ERR(w->task)) {
		kfree(w);
		return false;
	}
	spin_lock_irq(&wq_lock);
	pool->workers++;
	list_add(&w->node, &pool->idle);
	pool_wake(pool);
	spin_unlock_irq(&wq_lock);
	return true;
}

void __init workqueue_init(void)
{
	if (!worker_create(&wq_kernel) || !worker_create(&wq_kernel) ||
	    !worker_create(&wq_modules) || !worker_create(&wq_modules))
		panic("no memory for the work queue: the machine needs more (MEM=)");
}

/* ---- queueing and cancelling ------------------------------------------------ */

bool schedule_work(struct work_struct *work)
{
	unsigned long flags;
	bool queued;

	if (!handed_callback("work", work, work->func))
		return false;
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
 * The timer of a delayed work.  It may be late: when it gets the lock, the work may have been
 * cancelled (not pending) or armed again (then a later call will come).
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

	if (!handed_callback("work", dwork, dwork->work.func))
		return false;
	spin_lock_irqsave(&wq_lock, flags);
	queued = !dwork->work.pending && !dwork->work.canceling;
	if (queued)
		delayed_work_start(dwork, jiffies_to_nsecs(delay));
	spin_unlock_irqrestore(&wq_lock, flags);
	return queued;
}

/* Takes the work off the queue or off its timer.  Caller holds wq_lock. */
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

	if (!handed_callback("work", dwork, dwork->work.func))
		return false;
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
 * True if run number @run has ended.  A work does not run twice at a time, so a later start
 * proves the end, too.
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

	/* A work item that waits for itself would not end. */
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
