/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls of servers: the interface is described in include/uapi/port.h.
 *
 * A port is a close-on-exec descriptor; only its owner process may receive on it.
 * port_reply_recv() answers and receives in one entry, and for short answers under one
 * hold of port->lock.  The answer is consumed, and reply->tag cleared in the server's
 * memory, before the wait begins: a restart of the call is then a pure receive by itself.
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

/* ---- the descriptor --------------------------------------------------------------- */

static void port_fd_release(struct file *f)
{
	struct port *port = f->private;

	if (!port)
		return;
	port_owner_gone(port, NULL, f);
	port_put(port);
}

static const struct file_ops port_fd_ops = {
	.release = port_fd_release,
};

/*
 * The port of descriptor @fd, if it is current's, for the length of a system call: with a
 * reference (*@counted) where another thread might close the descriptor meanwhile.  Or an
 * error pointer.
 */
static __always_inline struct port *port_borrow(int fd, bool *counted)
{
	struct file *f = fd_borrow(fd, counted);
	struct port *port;

	if (!f)
		return ERR_PTR(-EBADF);
	port = likely(f->ops == &port_fd_ops) ? f->private : ERR_PTR(-EINVAL);
	if (!IS_ERR(port) && unlikely(READ_ONCE(port->owner) != current->process))
		port = ERR_PTR(-EPERM);
	if (unlikely(*counted)) {
		if (!IS_ERR(port))
			port_get(port);
		file_put(f);
	}
	return port;
}

static void port_return(struct port *port, bool counted)
{
	if (unlikely(counted))
		port_put(port);
}

struct port *port_from_fd(int fd)
{
	bool counted;
	struct port *port = port_borrow(fd, &counted);

	if (!IS_ERR(port) && !counted)
		port_get(port);
	return port;
}

int port_fd_create(struct port *(*find)(void *arg), void *arg)
{
	struct file *f = file_alloc(&port_fd_ops, O_RDWR, 0, "port:[]");
	struct port *port = f ? find(arg) : ERR_PTR(-ENOMEM);
	int ret = PTR_ERR(port);

	if (IS_ERR(port))
		goto fail;
	f->private = port;
	ret = port_set_owner(port, current->process, f);
	if (!ret)
		ret = fd_install(f, 0, true);
	if (ret >= 0)
		return ret;
fail:
	if (f)
		file_put(f);
	return ret;
}

struct port_kind {
	unsigned flags, level;
};

static struct port *port_create_kind(void *arg)
{
	const struct port_kind *kind = arg;
	struct port *port = port_create(kind->flags, kind->level);

	return port ? port : ERR_PTR(-ENOMEM);
}

SYSCALL_DEFINE2(port_create, unsigned, flags, unsigned, level)
{
	struct port_kind kind = { flags, level };

	if (flags & ~(PORT_CANCEL_OK | PORT_REATTACH | PORT_TTY))
		return -EINVAL;
	return port_fd_create(port_create_kind, &kind);
}

SYSCALL_DEFINE3(port_mount, int, fd, const char __user *, upath, u64, root)
{
	struct port *port;
	char *path;
	int ret;

	if (!is_superuser())
		return -EPERM;
	port = port_from_fd(fd);
	if (IS_ERR(port))
		return PTR_ERR(port);
	path = path_from_user(AT_FDCWD, upath);
	ret = IS_ERR(path) ? PTR_ERR(path) : mount_add_port(path, port, root);
	if (!IS_ERR(path))
		kfree(path);
	port_put(port);
	return ret;
}

/* ---- answering ------------------------------------------------------------------------ */

/* What the client's status becomes; the server's claims are not trusted. */
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
		/* A count beyond what was copied would pass on what the buffer held before. */
		return (u64)status <= c->moved ? status : -EIO;
	case PORT_WRITE:
		return (u64)status <= c->req.in_len ? status : -EIO;
	}
	return status;
}

/* An answer, fetched before any lock is taken, with its data if they are short. */
struct port_answer {
	struct port_reply reply;	/* tag 0: there is none */
	bool small, fault;		/* there are short data; they were not readable */
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

/* The client takes the data from the call; bytes, or -EFAULT.  Caller holds port->lock. */
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
 * Longer data go straight into the client's pages, the lock released meanwhile.  *n is as
 * port_pass_small() returns it; -ESRCH: the call has ended.
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
 * Data, readiness, completion.  0; -ESRCH: the tag is dead; -EFAULT: the server's
 * own data are not readable (the client then gets -EIO).  *client, if set, is to be
 * woken, and has a reference.  Caller holds port->lock, which is released for long data.
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
	if (unlikely(c->pins))	/* another thread of the server still uses the lease: its bug */
		call_abort(c, -EIO);
	else
		*client = call_finish(c, status, r->aux);
	return n < 0 && !client_fault ? -EFAULT : 0;
}

/* ---- receiving -------------------------------------------------------------------------- */

/*
 * Takes one message for @me, whose size then is not 0: -EIO where there will be none.  Else
 * false, and current is enqueued and about to sleep: the two happen under one hold of
 * port->lock, so no wake-up is lost.  *owner, if set, is for the caller to free without it.
 */
static bool port_take(struct port *port, struct port_receiver *me, struct port_note_node **owner)
{
	assert_spin_held(&port->lock);
	if (unlikely(me->size))
		return true;		/* a client brought it while we were woken otherwise */
	if (unlikely(port->owner != current->process || port->dead))
		me->size = -EIO;	/* given up by another thread meanwhile */
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
 * Sleeps in the state that port_take() set: 0, -EAGAIN (time is up), -ERESTARTSYS.
 * *client, if not NULL, is woken, and gets this CPU if we sleep.
 */
static int port_recv_wait(u64 deadline, struct task **client)
{
	/* Asked once: a signal that comes after the client was kept back must not lose it. */
	bool interrupted = signal_pending(current);
	struct task *to = *client;
	int ret = 0;

	*client = NULL;
	if (to && (deadline != UINT64_MAX || interrupted)) {
		port_wake_task(to);
		to = NULL;
	}
	if (interrupted)
		ret = -ERESTARTSYS;
	else if (to)
		sched_hand_over(to);
	else if (deadline == UINT64_MAX)
		schedule();
	else if (schedule_until(deadline))
		ret = -EAGAIN;
	__set_current_state(TASK_RUNNING);
	return ret;
}

/* Gives up waiting; false = woken for a message just now, which must not be left lying. */
static bool port_stop_waiting(struct port *port, struct port_receiver *me)
{
	bool was_waiting = !list_empty(&me->node);

	assert_spin_held(&port->lock);
	list_del_init(&me->node);
	return was_waiting;
}

/* The server could not take delivery: its client must not wait for ever. */
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

/* The level rule asks for the port that a thread received on last. */
static noinline void port_set_served(struct port *port)
{
	port_get(port);
	if (current->served)
		port_put(current->served);
	current->served = port;
	current->pflags |= PF_SERVER;
}

/* The wait for a message: 0, and me->size says what there is; or -errno.  Releases port->lock. */
static int port_wait_message(struct port *port, struct port_receiver *me, u64 deadline,
			     struct task **client)
{
	struct port_note_node *owner = NULL;

	while (!port_take(port, me, &owner)) {
		int ret;

		spin_unlock_irq(&port->lock);
		ret = port_recv_wait(deadline, client);
		race_point();
		/* Acquire: pairs with the release in call_deliver(), whose last access that was. */
		if (likely(smp_load_acquire(&me->size)))
			return 0;
		spin_lock_irq(&port->lock);
		if (ret && port_stop_waiting(port, me)) {
			spin_unlock_irq(&port->lock);
			return ret;
		}
	}
	spin_unlock_irq(&port->lock);
	if (owner)
		owner->free(owner);
	return 0;
}

/*
 * Receives into @ubuf.  The caller holds port->lock, so that an answer and what follows it are
 * one step; it is released here.  *client was answered just now: it is woken here at the
 * latest when we sleep.
 */
static int port_receive(struct port *port, void __user *ubuf, u64 deadline, struct task **client)
{
	struct port_receiver me;	/* of the message only what was filled is copied out */
	int ret;

	INIT_LIST_HEAD(&me.node);
	me.task = current;
	me.size = 0;
	ret = port_wait_message(port, &me, deadline, client);
	if (ret || me.size < 0)
		return ret ? ret : (int)me.size;
	if (likely(!copy_to_user(ubuf, &me.msg, me.size)))
		return 0;
	if (me.msg.req.tag)
		port_undeliverable(port, me.msg.req.tag);
	return -EFAULT;
}

/* A stop or a kick does not prolong the wait; the reply has been consumed. */
static long port_receive_again(struct restart_block *restart)
{
	struct port *port = port_from_fd((int)restart->arg[0]);
	struct task *nobody = NULL;
	int ret;

	if (IS_ERR(port))
		return PTR_ERR(port);
	spin_lock_irq(&port->lock);
	ret = port_receive(port, (void __user *)restart->arg[1], restart->deadline_ns, &nobody);
	port_put(port);
	return ret == -ERESTARTSYS ? -ERESTART_RESTARTBLOCK : ret;
}

/* Both halves: the answer, if there is one, then the next message, if it is wanted. */
static int port_answer_receive(struct port *port, const struct port_answer *answer,
			       void __user *ubuf, u64 deadline)
{
	struct task *client = NULL;
	int ret = 0;

	race_point();
	if (ubuf && unlikely(current->served != port))
		port_set_served(port);
	spin_lock_irq(&port->lock);
	if (answer->reply.tag)
		ret = port_answer(port, answer, &client);
	if (!ret && ubuf)
		ret = port_receive(port, ubuf, deadline, &client);
	else
		spin_unlock_irq(&port->lock);
	if (unlikely(client))
		port_wake_task(client);
	return ret;
}

SYSCALL_DEFINE4(port_reply_recv, int, fd, struct port_reply __user *, ureply,
		struct port_request __user *, ubuf, s64, timeout_ns)
{
	u64 deadline = timeout_ns < 0 ? UINT64_MAX : clock_ns() + (u64)timeout_ns;
	struct port_answer answer;
	bool counted;
	struct port *port = port_borrow(fd, &counted);
	int ret = 0;

	if (IS_ERR(port))
		return PTR_ERR(port);
	answer.reply.tag = 0;
	if (ureply)
		ret = port_fetch_answer(&answer, ureply);
	if (!ret)
		ret = port_answer_receive(port, &answer, ubuf, deadline);
	port_return(port, counted);
	if (unlikely(ret == -ERESTARTSYS && deadline != UINT64_MAX)) {
		current->restart = (struct restart_block){
			.fn = port_receive_again, .deadline_ns = deadline,
			.arg = { (unsigned long)fd, (unsigned long)ubuf } };
		return -ERESTART_RESTARTBLOCK;
	}
	return ret;
}

/* ---- leases, readiness, terminals, interrupts ------------------------------------------------ */

static ssize_t port_lease(int fd, u64 tag, u64 off, void __user *buf, size_t len, bool out)
{
	struct port *port = port_from_fd(fd);
	bool client_fault;
	unsigned long flags;
	struct call *c;
	ssize_t n;

	if (IS_ERR(port))
		return PTR_ERR(port);
	spin_lock_irqsave(&port->lock, flags);
	c = call_find(port, tag);
	if (c)
		call_pin(c);
	spin_unlock_irqrestore(&port->lock, flags);
	if (!c) {
		port_put(port);
		return -ESRCH;
	}
	n = out ? lease_copy_out(c, off, buf, len, &client_fault) :
		  lease_copy_in(c, off, buf, len, &client_fault);
	spin_lock_irqsave(&port->lock, flags);
	if (out && n > 0 && off + n > c->moved)
		c->moved = off + n;
	if (!call_unpin(c))
		n = -ESRCH;
	spin_unlock_irqrestore(&port->lock, flags);
	port_put(port);
	return n;
}

SYSCALL_DEFINE5(lease_read, int, fd, u64, tag, u64, off, void __user *, buf, size_t, len)
{
	return port_lease(fd, tag, off, buf, len, false);
}

SYSCALL_DEFINE5(lease_write, int, fd, u64, tag, u64, off, void __user *, buf, size_t, len)
{
	return port_lease(fd, tag, off, buf, len, true);
}

SYSCALL_DEFINE3(port_in_group, int, fd, u64, tag, gid_t, gid)
{
	struct port *port = port_from_fd(fd);
	const struct credentials *cred;
	unsigned long flags;
	struct call *c;
	long ret = -ESRCH;

	if (IS_ERR(port))
		return PTR_ERR(port);
	spin_lock_irqsave(&port->lock, flags);
	c = call_find(port, tag);
	if (c) {
		/*
		 * Unlocked, as by any check of ids: the client is asleep, only its threads
		 * could change it.
		 */
		cred = &c->task->process->cred;
		ret = c->req.gid == gid;
		for (unsigned i = 0; i < READ_ONCE(cred->ngroups); i++)
			ret |= READ_ONCE(cred->groups[i]) == gid;
	}
	spin_unlock_irqrestore(&port->lock, flags);
	port_put(port);
	return ret;
}

SYSCALL_DEFINE3(port_ready, int, fd, u64, handle, u32, mask)
{
	struct port *port = port_from_fd(fd);
	unsigned long flags;

	if (IS_ERR(port))
		return PTR_ERR(port);
	spin_lock_irqsave(&port->lock, flags);
	port_set_ready_locked(port, handle, mask);
	spin_unlock_irqrestore(&port->lock, flags);
	port_put(port);
	return 0;
}

SYSCALL_DEFINE3(ctty_signal, int, fd, u64, node, int, sig)
{
	struct port *port = port_from_fd(fd);
	int ret = -EINVAL;

	if (IS_ERR(port))
		return PTR_ERR(port);
	if ((port->flags & PORT_TTY) && sig > 0 && sig < _NSIG)
		ret = ctty_send_signal(tty_id(port, node), sig);
	port_put(port);
	return ret == -ESRCH ? 0 : ret;
}

SYSCALL_DEFINE3(port_irq, int, fd, unsigned, line, unsigned, bit)
{
	struct port *port;
	int ret;

	if (!is_superuser())
		return -EPERM;
	port = port_from_fd(fd);
	if (IS_ERR(port))
		return PTR_ERR(port);
	ret = port_irq_line(port, line, bit);
	port_put(port);
	return ret;
}

SYSCALL_DEFINE2(irq_ack, int, fd, unsigned, line)
{
	struct port *port = port_from_fd(fd);
	int ret;

	if (IS_ERR(port))
		return PTR_ERR(port);
	ret = port_irq_ack(port, line);
	port_put(port);
	return ret;
}
