/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wait queues: lists of tasks that sleep until a condition holds.
 *
 * Wakers: any context but NMI.  Sleepers: process context.  Non-exclusive waiters precede the
 * exclusive ones, so that wake_up() reaches all of them before it stops.
 *
 * Entries lie on the sleeper's stack.  The waker's last access to an entry links the entry to
 * itself; finish_wait() returns without the lock only if it sees exactly that store.
 */
#include <neurath/wait.h>
#include <neurath/bug.h>
#include <neurath/race.h>
#include <neurath/sched.h>

void init_waitqueue_head(struct wait_queue_head *wq)
{
	spin_lock_init_rank(&wq->lock, "wait_queue", RANK_WAITQUEUE);
	INIT_LIST_HEAD(&wq->waiters);
}

void init_wait_entry(struct wait_entry *entry)
{
	INIT_LIST_HEAD(&entry->node);
	entry->task = current;
	entry->func = NULL;
	entry->exclusive = false;
}

/* Wakes the task, then releases the entry: pairs with the acquire in finish_wait(). */
static bool wait_entry_wake(struct wait_entry *entry)
{
	bool woken = wake_up_state(entry->task, TASK_NORMAL);

	race_point();
	list_unlink(&entry->node);
	entry->node.prev = &entry->node;
	smp_store_release(&entry->node.next, &entry->node);
	return woken;
}

static void wait_queue_wake(struct wait_queue_head *wq, bool all)
{
	unsigned long flags;
	struct list_head *pos, *n;

	spin_lock_irqsave(&wq->lock, flags);
	list_for_each_safe(pos, n, &wq->waiters) {
		struct wait_entry *entry = list_entry(pos, struct wait_entry, node);
		bool exclusive = entry->exclusive;
		bool woken = entry->func ? entry->func(entry) : wait_entry_wake(entry);

		if (woken && exclusive && !all)
			break;
	}
	spin_unlock_irqrestore(&wq->lock, flags);
}

/*
 * The test for an empty queue needs no lock: prepare_to_wait() enqueues the sleeper before the
 * sleeper tests its condition, with a full barrier between.  The full barrier here is between the
 * waker's change and the test.
 */
void wake_up(struct wait_queue_head *wq)
{
	smp_mb();
	if (!list_empty(&wq->waiters))
		wait_queue_wake(wq, false);
}

void wake_up_all(struct wait_queue_head *wq)
{
	smp_mb();
	if (!list_empty(&wq->waiters))
		wait_queue_wake(wq, true);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_entry *entry, int state)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	entry->exclusive = false;
	if (list_empty(&entry->node))
		list_add(&entry->node, &wq->waiters);
	set_current_state((unsigned)state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_entry *entry, int state)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	entry->exclusive = true;
	if (list_empty(&entry->node))
		list_add_tail(&entry->node, &wq->waiters);
	set_current_state((unsigned)state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void finish_wait(struct wait_queue_head *wq, struct wait_entry *entry)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	/* Pairs with the release in wait_entry_wake(). */
	if (smp_load_acquire(&entry->node.next) == &entry->node)
		return;
	spin_lock_irqsave(&wq->lock, flags);
	if (!list_empty(&entry->node))
		list_del_init(&entry->node);
	spin_unlock_irqrestore(&wq->lock, flags);
}
