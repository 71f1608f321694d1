/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run queues: private to kernel/sched.
 *
 * Lock order: task->pi_lock, then one rq->lock.  A second run queue is locked only by trylock
 * (stealing).  A queue's lock is taken with interrupts off and passes to the next task in a
 * switch: the task that gives up the CPU takes the lock, the next task releases it in
 * sched_finish_switch().
 *
 * task->cpu is the queue to which a task belongs.  It changes only under pi_lock while the task
 * is off all queues, or under the locks of both queues.
 */
#ifndef SCHED_RQ_H
#define SCHED_RQ_H

#include <neurath/bug.h>
#include <neurath/sched.h>
#include <neurath/timer.h>

struct rq {
	spinlock_t lock;
	unsigned cpu;			/* (!) */
	unsigned nr_running;	/* (lock) runnable tasks, with the running one, without idle */
	struct task *curr;		/* (lock) */
	struct task *idle;		/* (!) */
	struct pheap queue;		/* (lock) runnable and not running */
	u64 min_vruntime;		/* (lock) minimum over all tasks here; never decreases */
	u64 clock;			/* (lock) clock_ns() when it was last read */
	long nr_uninterruptible;	/* (lock) only the sum over all CPUs has a meaning */
	bool force_idle;		/* (lock) the next switch is to the idle task */
	bool online;			/* set once by the CPU itself */
	bool tick_armed;		/* own CPU, interrupts off */
	struct timer tick;
	u64 next_balance;		/* (lock) */
	u64 switches;			/* (lock) */
	unsigned long passes;		/* (lock) times that no other task was found to run */
	u64 user_ns, sys_ns;		/* own CPU, in ticks */
} __cacheline_aligned;

extern struct rq runqueues[NR_CPUS];

static __always_inline struct rq *cpu_rq(unsigned cpu)
{
	return &runqueues[cpu];
}

static __always_inline struct rq *this_rq(void)
{
	return this_cpu_rq();
}

static __always_inline bool rq_is_idle(const struct rq *rq)
{
	return READ_ONCE(rq->nr_running) == 0;
}

/* core.c */
/* Makes the CPU of @rq pass its scheduler.  Caller holds rq->lock. */
void rq_resched(struct rq *rq);
/* Locks the queue to which @t belongs.  Interrupts are off; pi_lock need not be held. */
struct rq *task_rq_lock(struct task *t);
void sched_idle_switch(void);
void task_init(void);
/* Called by the tick, interrupts off. */
void sched_tick(struct timer *timer);

/* task.c: frees a kernel stack that no CPU uses any more. (irq) */
void task_free_stack(void *stack);

/* fair.c: all with rq->lock held; the other functions are in fair.h */
void sched_init_entity(struct task *t);
void fair_set_nice(struct task *t, int nice);
bool fair_should_preempt(const struct rq *rq, const struct task *woken);
bool fair_tick_expired(const struct rq *rq);

/* balance.c */
/* From this score on a waker is expected to sleep soon; the initial score of a task. */
#define WAKER_SYNC_SCORE	2
/* The CPU on which @t shall run when it wakes up.  Caller holds t->pi_lock. */
unsigned sched_select_cpu(const struct task *t);
/* Takes a waiting task of another CPU and puts it into @rq.  Caller holds rq->lock. */
bool sched_steal(struct rq *rq);
/* Evens out the queues periodically; called by the tick. */
void sched_balance(struct rq *rq);

/*
 * Current wakes another task.  True if current will probably sleep soon, so that the woken task
 * best waits for this CPU.  Interrupts are off.
 */
bool sched_waker_sleeps_soon(void);
/* The waker did sleep, or continued for a whole tick.  Interrupts are off. */
void sched_waker_slept(struct task *t);
void sched_waker_went_on(struct task *t);
/* An idle CPU that could take the first waiting task of @rq, or nr_cpus. */
unsigned sched_find_helper(const struct rq *rq);

/*
 * wakeup.c: puts @t, which is on no queue, on the queue of @cpu.  If @t is more urgent than the
 * running task, that CPU passes its scheduler.  Caller holds t->pi_lock.
 */
void sched_enqueue_on(struct task *t, unsigned cpu, bool may_preempt);

/* kthread.c: the argument with which a kernel thread was created. */
void *kthread_arg(const struct task *t);

/* workqueue.c: a worker is about to sleep; a worker runs again. */
void workqueue_worker_sleeps(struct task *t);
void workqueue_worker_runs(struct task *t);

/* timer.c */
void timers_init_cpu(unsigned cpu);
void jiffies_update(u64 now);

/* load.c */
void load_init(void);

#endif
