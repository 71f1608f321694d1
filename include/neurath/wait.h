/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wait queues: sleep until an event.  The sleeper enqueues itself and sets its state before it
 * tests the condition; the waker changes the condition before it wakes. set_current_state() (a
 * full barrier) pairs with the lock of the queue in wake_up(): at least one of the two sees the
 * other's store.
 *
 * wake_up functions: any context but NMI.  wait functions: process context, no
 * spinlock held.
 */
#ifndef NEURATH_WAIT_H
#define NEURATH_WAIT_H

#include <neurath/list.h>
#include <neurath/spinlock.h>
#include <neurath/errno.h>

struct wait_queue_head {
	spinlock_t lock;
	struct list_head waiters;	/* (lock) */
};
typedef struct wait_queue_head wait_queue_head_t;

struct wait_entry;
/* Called with the queue's lock held; true = a task was woken. */
typedef bool (*wait_func_t)(struct wait_entry *entry);

struct wait_entry {
	struct list_head node;		/* (queue lock) */
	struct task *task;
	wait_func_t func;		/* NULL: wake the task and leave the queue */
	bool exclusive;			/* wake_up() stops after the first of these */
};

#define WAIT_QUEUE_INIT(var) { \
	.lock = SPINLOCK_INIT(#var, RANK_WAITQUEUE), \
	.waiters = LIST_HEAD_INIT((var).waiters) }
#define DECLARE_WAIT_QUEUE_HEAD(var) \
	struct wait_queue_head var = WAIT_QUEUE_INIT(var)

void init_waitqueue_head(struct wait_queue_head *wq);
void wake_up(struct wait_queue_head *wq);	/* one exclusive waiter, all others */
void wake_up_all(struct wait_queue_head *wq);
static inline bool waitqueue_active(struct wait_queue_head *wq)
{
	return !list_empty(&wq->waiters);
}

/* Enqueues current (also again, after a wake-up has removed it) and sets its state. */
void prepare_to_wait(struct wait_queue_head *wq, struct wait_entry *entry, int state);
void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_entry *entry, int state);
void finish_wait(struct wait_queue_head *wq, struct wait_entry *entry);
void init_wait_entry(struct wait_entry *entry);

/*
 * The common loop of the macros: 0 when the condition is true, -ERESTARTSYS when @state can be
 * interrupted and a signal is pending.
 */
#define wait_event_state(wq, condition, state) \
({ \
	struct wait_entry _entry; \
	int _ret = 0; \
	init_wait_entry(&_entry); \
	for (;;) { \
		prepare_to_wait(&(wq), &_entry, state); \
		if (condition) \
			break; \
		if (signal_pending_state(state, current)) { \
			_ret = -ERESTARTSYS; \
			break; \
		} \
		schedule(); \
	} \
	finish_wait(&(wq), &_entry); \
	_ret; \
})
#define wait_event(wq, condition) \
	((void)((condition) ? 0 : wait_event_state(wq, condition, TASK_UNINTERRUPTIBLE)))
#define wait_event_interruptible(wq, condition) \
	((condition) ? 0 : wait_event_state(wq, condition, TASK_INTERRUPTIBLE))
#define wait_event_killable(wq, condition) \
	((condition) ? 0 : wait_event_state(wq, condition, TASK_KILLABLE))

struct completion {
	unsigned done;			/* (wait.lock) */
	struct wait_queue_head wait;
};

#define COMPLETION_INIT(var)	{ .wait = WAIT_QUEUE_INIT((var).wait) }
#define DECLARE_COMPLETION(var)	struct completion var = COMPLETION_INIT(var)
#define DECLARE_COMPLETION_ONSTACK(var)	DECLARE_COMPLETION(var)
void init_completion(struct completion *c);
void complete(struct completion *c);
void complete_all(struct completion *c);
void wait_for_completion(struct completion *c);
/* 0, or -ERESTARTSYS without consuming anything. */
int wait_for_completion_interruptible(struct completion *c);

#endif
