/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chains of waiting tasks: a task waits for the owner of a mutex, for a server, or for the child
 * of a vfork; the chain continues there until a task does not wait, or the chain is a circle.
 *
 * Everything is read without a lock.  A mutex may name an owner that has ended (an oops ends a
 * task with its locks held), so a task is used only after a successful look-up.
 */
#include <neurath/mutex.h>
#include <neurath/port.h>
#include <neurath/printk.h>
#include "debug_internal.h"

#define WAIT_CHAIN_MAX	8

/* A reference on @t if it is a task, else NULL. */
static struct task *wait_task_get(const struct task *t)
{
	struct task_walk walk;

	for (struct task *pos = task_walk_first(&walk); pos; pos = task_walk_next(&walk)) {
		if (pos == t)
			return pos;
	}
	return NULL;
}

/* Prints what @t waits for.  Returns the owner with a reference, or NULL. */
static struct task *wait_for_mutex(struct mutex *m)
{
	struct task *owner = mutex_owner(m), *alive = owner ? wait_task_get(owner) : NULL;

	if (alive)
		pr_emerg("  waits for the mutex %s, held by %s pid %d\n", m->name, alive->comm,
			 alive->pid);
	else
		pr_emerg("  waits for the mutex %s, %s\n", m->name,
			 owner ? "held by a task that has ended" : "which is free");
	return alive;
}

static void wait_for_server(const struct call *call)
{
	const struct port *port = READ_ONCE(call->port);
	enum call_state state = READ_ONCE(call->state);

	if (port && (state == CALL_QUEUED || state == CALL_ACTIVE))
		pr_emerg("  waits for the server %s (port %llu), which has %s its request\n",
			 port->owner_comm, (unsigned long long)port->id,
			 state == CALL_ACTIVE ? "taken" : "not taken");
}

static struct task *wait_next(const struct task *t)
{
	struct mutex *m = READ_ONCE(t->blocked_on);
	struct task *child = READ_ONCE(t->vfork_child);

	if (m)
		return wait_for_mutex(m);
	if (t->call)
		wait_for_server(t->call);
	if (child) {
		child = wait_task_get(child);
		if (child)
			pr_emerg("  waits for its vfork child %s pid %d\n", child->comm,
				 child->pid);
		return child;
	}
	return NULL;
}

void report_wait(const struct task *task)
{
	struct task *t = wait_next(task), *next;

	for (unsigned i = 0; t && t != task && i < WAIT_CHAIN_MAX; i++) {
		next = wait_next(t);
		task_put(t);
		t = next;
	}
	if (t == task)
		pr_emerg("  a deadlock: each of these waits for the next\n");
	if (t)
		task_put(t);
}
