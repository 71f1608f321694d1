/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Completions: one side reports that an event has happened, the other side waits for it.
 *
 * complete(): any context but NMI.  A completion may lie on the waiter's stack: the waiter
 * returns only after it has taken wait.lock, and complete() has released that lock by then.
 */
#include <neurath/bug.h>
#include <neurath/sched.h>

#define COMPLETION_ALL	0x80000000U	/* done for all waiters, now and later */

void init_completion(struct completion *c)
{
	c->done = 0;
	init_waitqueue_head(&c->wait);
}

/* Caller holds c->wait.lock. */
static void completion_wake(struct completion *c, bool all)
{
	struct list_head *pos, *n;

	assert_spin_held(&c->wait.lock);
	list_for_each_safe(pos, n, &c->wait.waiters) {
		struct wait_entry *entry = list_entry(pos, struct wait_entry, node);

		list_del_init(&entry->node);
		wake_up_state(entry->task, TASK_NORMAL);
		if (!all)
			break;
	}
}

void complete(struct completion *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	if (!(c->done & COMPLETION_ALL))
		c->done++;
	completion_wake(c, false);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

void complete_all(struct completion *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	c->done = COMPLETION_ALL;
	completion_wake(c, true);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

static int completion_wait(struct completion *c, unsigned state)
{
	struct wait_entry entry;
	unsigned long flags;
	int error = 0;

	init_wait_entry(&entry);
	spin_lock_irqsave(&c->wait.lock, flags);
	while (!c->done) {
		if (signal_pending_state(state, current)) {
			error = -ERESTARTSYS;
			break;
		}
		if (list_empty(&entry.node))
			list_add_tail(&entry.node, &c->wait.waiters);
		set_current_state(state);
		spin_unlock_irqrestore(&c->wait.lock, flags);
		schedule();
		spin_lock_irqsave(&c->wait.lock, flags);
	}
	__set_current_state(TASK_RUNNING);
	if (!list_empty(&entry.node))
		list_del_init(&entry.node);
	if (!error && !(c->done & COMPLETION_ALL))
		c->done--;
	spin_unlock_irqrestore(&c->wait.lock, flags);
	return error;
}

void wait_for_completion(struct completion *c)
{
	completion_wait(c, TASK_UNINTERRUPTIBLE);
}

int wait_for_completion_interruptible(struct completion *c)
{
	return completion_wait(c, TASK_INTERRUPTIBLE);
}
