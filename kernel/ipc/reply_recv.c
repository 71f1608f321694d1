/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * port_reply_recv(): a server answers a call and receives the next message in one system call.
 *
 * A short answer and the receive share one critical section of port->lock.  The answer is
 * consumed, and reply->tag cleared in the server's memory, before the wait begins: a restart of
 * the system call then only receives.
 *
 * port_receive() is on the stack of every idle server.
 */
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include "ipc_internal.h"

/* ---- the answer ------------------------------------------------------------------------ */

/* The status for the client.  The server's claims are checked. */
static s64 port_check_status(const struct call *c, const struct port_reply *r)
{
	s64 status = r->status;

	if (status == PORT_REDIRECT)
		return c->req.flags & PORT_REQ_PATH ? status : -EIO;
	if (status < 0)
		return status >= -MAX_ERRNO && status > -ERESTARTSYS ? status : -EIO;
	switch (c->req.op) {
	case PORT_READ:
	case PORT_READDIR:
	case PORT_READLINK:
		/* A count above the copied bytes would expose older contents of the buffer. */
		return (u64)status <= c->moved ? status : -EIO;
	case PORT_WRITE:
		return (u64)status <= c->req.in_len ? status : -EIO;
	}
	return status;
}

/* An answer, copied from the server before any lock is taken, with its data if they are short. */
struct port_answer {
	struct port_reply reply;	/* tag 0: no answer */
	bool small, fault;		/* it has short data; these could not be read */
	u64 data[CALL_SMALL / sizeof(u64)];
};

static int port_fetch_answer(struct port_answer *a, struct port_reply __user *ureply)
{
	size_t len;

	if (copy_from_user(&a->reply, ureply, sizeof(a->reply)))
		return -EFAULT;
	if (!a->reply.tag)
		return 0;
	if (put_user(0, &ureply->tag))
		return -EFAULT;
	len = a->reply.len;
	a->small = len && len <= sizeof(a->data);
	a->fault = a->small && copy_from_user(a->data, (void __user *)a->reply.data, len);
	return 0;
}

/* Copies the data into the call, for the client; bytes, or -EFAULT.  Caller holds port->lock. */
static ssize_t port_pass_small(struct call *c, const struct port_answer *a)
{
	size_t words = (a->reply.len + sizeof(u64) - 1) / sizeof(u64);

	if (a->fault)
		return -EFAULT;
	for (size_t i = 0; i < words; i++)
		c->small[i] = a->data[i];
	c->small_len = min_t(size_t, a->reply.len, c->out.len);
	return c->small_len;
}

/*
 * Copies longer data directly into the client's pages, with the lock released meanwhile.  *n is
 * as port_pass_small() returns it; -ESRCH: the call has ended.
 */
static int port_pass_large(struct port *port, struct call *c, const struct port_reply *r,
			   ssize_t *n, bool *client_fault)
{
	call_pin(c);
	spin_unlock_irq(&port->lock);
	*n = lease_copy_out(c, 0, (void __user *)r->data, r->len, client_fault);
	spin_lock_irq(&port->lock);
	return call_unpin(c) ? 0 : -ESRCH;
}

/*
 * Data, readiness, completion.  Returns 0; -ESRCH if the tag is dead; -EFAULT if the server's own
 * data cannot be read (the client then gets -EIO).  If *client is set, the caller must wake it;
 * it has a reference.  Caller holds port->lock, which is released during the copy of long data.
 */
static int port_answer(struct port *port, const struct port_answer *a, struct task **client)
{
	const struct port_reply *r = &a->reply;
	struct call *c = call_find(port, r->tag);
	bool client_fault = false;
	ssize_t n = 0;
	s64 status;

	if (!c)
		return -ESRCH;
	if (likely(a->small))
		n = port_pass_small(c, a);
	else if (r->len && port_pass_large(port, c, r, &n, &client_fault))
		return -ESRCH;
	if (c->req.op == PORT_OPEN && r->status >= 0 && c->file)
		port_file_attach_locked(c->file, r->aux);
	if ((r->ready & PORT_READY_SET) && c->file)
		port_set_ready_locked(port, c->file->handle, r->ready);
	if (n > (ssize_t)c->moved)
		c->moved = n;
	if (unlikely(n < 0))
		status = client_fault ? -EFAULT : -EIO;
	else
		status = port_check_status(c, r);
	if (unlikely(c->pins))	/* a server bug: another of its threads still uses the lease */
		call_abort(c, -EIO);
	else
		*client = call_finish(c, status, r->aux);
	return n < 0 && !client_fault ? -EFAULT : 0;
}

/* ---- the next message ------------------------------------------------------------------- */

/*
 * Takes one message for @me and sets me->size, to -EIO if no message can come.  Otherwise returns
 * false, and current is enqueued and about to sleep.  Both happen in one critical section of
 * port->lock, so no wake-up is lost.  If *owner is set, the caller frees it after it has released
 * the lock.
 */
static bool port_take(struct port *port, struct port_receiver *me, struct port_note_node **owner)
{
	assert_spin_held(&port->lock);
	if (unlikely(me->size))
		return true;		/* a client brought it after another wake-up */
	if (unlikely(port->owner != current->process || port->dead))
		me->size = -EIO;	/* another thread has given the port up meanwhile */
	else if (!list_empty(&port->notes) && port_take_note(port, &me->msg.note, owner))
		me->size = sizeof(me->msg.note);
	else if (!list_empty(&port->calls))
		me->size = call_take_first(port, &me->msg.req);
	if (me->size) {
		list_del_init(&me->node);
		return true;
	}
	if (list_empty(&me->node))
		list_add_tail(&me->node, &port->receivers);
	set_current_state(TASK_INTERRUPTIBLE);
	return false;
}

/*
 * Sleeps in the state that port_take() has set.  Returns 0, -EAGAIN (time is up) or -ERESTARTSYS.
 * If *client is not NULL, wakes it; it gets this CPU if current sleeps.
 */
static int port_recv_wait(u64 deadline, struct task **client)
{
	/* Tested once: a signal that comes after the client was held back must not lose it. */
	bool interrupted = signal_pending(current);
	struct task *to = *client;
	int error = 0;

	*client = NULL;
	if (to && (deadline != UINT64_MAX || interrupted)) {
		port_wake_task(to);
		to = NULL;
	}
	if (interrupted)
		error = -ERESTARTSYS;
	else if (to)
		sched_hand_over(to);
	else if (deadline == UINT64_MAX)
		schedule();
	else if (schedule_until(deadline))
		error = -EAGAIN;
	__set_current_state(TASK_RUNNING);
	return error;
}

/* Stops waiting.  False = a message has just come, and the thread must handle it. */
static bool port_stop_waiting(struct port *port, struct port_receiver *me)
{
	bool was_waiting = !list_empty(&me->node);

	assert_spin_held(&port->lock);
	list_del_init(&me->node);
	return was_waiting;
}

/* The server could not receive the message: the client must not wait without end. */
static void port_undeliverable(struct port *port, u64 tag)
{
	unsigned long flags;
	struct call *c;

	spin_lock_irqsave(&port->lock, flags);
	c = call_find(port, tag);
	if (c)
		call_abort(c, -EIO);
	spin_unlock_irqrestore(&port->lock, flags);
}

/* Records the port on which the thread has received last, for the level rule. */
static noinline void port_set_served(struct port *port)
{
	port_get(port);
	if (current->served)
		port_put(current->served);
	current->served = port;
	current->pflags |= PF_SERVER;
}

/* Waits for a message.  Returns 0 with me->size set, or -errno.  Releases port->lock. */
static int port_wait_message(struct port *port, struct port_receiver *me, u64 deadline,
			     struct task **client)
{
	struct port_note_node *owner = NULL;

	while (!port_take(port, me, &owner)) {
		int error;

		spin_unlock_irq(&port->lock);
		error = port_recv_wait(deadline, client);
		race_point();
		/* Acquire: pairs with the release in call_deliver(), its last access to @me. */
		if (likely(smp_load_acquire(&me->size)))
			return 0;
		spin_lock_irq(&port->lock);
		if (error && port_stop_waiting(port, me)) {
			spin_unlock_irq(&port->lock);
			return error;
		}
	}
	spin_unlock_irq(&port->lock);
	if (owner)
		owner->free(owner);
	return 0;
}

/*
 * Receives into @ubuf.  The caller holds port->lock, so that the answer and the receive are one
 * step; this function releases it.  *client has just been answered: it is woken here, at the
 * latest when current sleeps.
 */
static int port_receive(struct port *port, void __user *ubuf, u64 deadline, struct task **client)
{
	struct port_receiver me;	/* only the filled part of the message is copied out */
	int error;

	INIT_LIST_HEAD(&me.node);
	me.task = current;
	me.size = 0;
	error = port_wait_message(port, &me, deadline, client);
	if (error || me.size < 0)
		return error ? error : (int)me.size;
	if (likely(!copy_to_user(ubuf, &me.msg, me.size)))
		return 0;
	if (me.msg.req.tag)
		port_undeliverable(port, me.msg.req.tag);
	return -EFAULT;
}

/* A stop or a kick does not extend the wait; the reply has been consumed. */
static long port_receive_again(struct restart_block *restart)
{
	struct port *port = port_from_fd((int)restart->arg[0]);
	struct task *nobody = NULL;
	int error;

	if (IS_ERR(port))
		return PTR_ERR(port);
	spin_lock_irq(&port->lock);
	error = port_receive(port, (void __user *)restart->arg[1], restart->deadline_ns, &nobody);
	port_put(port);
	return error == -ERESTARTSYS ? -ERESTART_RESTARTBLOCK : error;
}

/* Both halves: the answer, if there is one, then the next message, if it is requested. */
static int port_answer_receive(struct port *port, const struct port_answer *answer,
			       void __user *ubuf, u64 deadline)
{
	struct task *client = NULL;
	int error = 0;

	race_point();
	if (ubuf && unlikely(current->served != port))
		port_set_served(port);
	spin_lock_irq(&port->lock);
	if (answer->reply.tag)
		error = port_answer(port, answer, &client);
	if (unlikely(error == -ESRCH))
		port_change_answered(port, answer->reply.tag);
	if (!error && ubuf)
		error = port_receive(port, ubuf, deadline, &client);
	else
		spin_unlock_irq(&port->lock);
	if (unlikely(client))
		port_wake_task(client);
	return error;
}

SYSCALL_DEFINE4(port_reply_recv, int, fd, struct port_reply __user *, ureply,
		struct port_request __user *, ubuf, s64, timeout_ns)
{
	u64 deadline = timeout_ns < 0 ? UINT64_MAX : clock_ns() + (u64)timeout_ns;
	struct port_answer answer;
	bool counted;
	struct port *port = port_borrow(fd, &counted);
	int error = 0;

	if (IS_ERR(port))
		return PTR_ERR(port);
	answer.reply.tag = 0;
	if (ureply)
		error = port_fetch_answer(&answer, ureply);
	if (!error)
		error = port_answer_receive(port, &answer, ubuf, deadline);
	port_return(port, counted);
	if (unlikely(error == -ERESTARTSYS && deadline != UINT64_MAX)) {
		current->restart = (struct restart_block){
			.fn = port_receive_again, .deadline_ns = deadline,
			.arg = { (unsigned long)fd, (unsigned long)ubuf } };
		return -ERESTART_RESTARTBLOCK;
	}
	return error;
}
