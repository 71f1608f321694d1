/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small system calls of servers: leases, readiness, interrupts.  include/uapi/port.h
 * describes them.
 */
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include "ipc_internal.h"

/* The call with @tag, pinned, for lease_end(); or an error pointer. */
static struct call *lease_begin(int fd, u64 tag)
{
	struct port *port = port_from_fd(fd);
	unsigned long flags;
	struct call *c;

	if (IS_ERR(port))
		return ERR_PTR(PTR_ERR(port));
	spin_lock_irqsave(&port->lock, flags);
	c = call_find(port, tag);
	if (c)
		call_pin(c);
	spin_unlock_irqrestore(&port->lock, flags);
	if (c)
		return c;
	port_put(port);
	return ERR_PTR(-ESRCH);
}

/*
 * A copy is over, with the result @n: the client's buffer has bytes up to @filled.  Returns the
 * result for the server.
 */
static ssize_t lease_end(struct call *c, ssize_t n, u64 filled)
{
	struct port *port = c->port;
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	if (filled > c->moved)
		c->moved = filled;
	if (!call_unpin(c))
		n = -ESRCH;
	spin_unlock_irqrestore(&port->lock, flags);
	port_put(port);
	return n;
}

SYSCALL_DEFINE5(lease_read, int, fd, u64, tag, u64, off, void __user *, buf, size_t, len)
{
	struct call *c = lease_begin(fd, tag);
	bool client_fault;

	if (IS_ERR(c))
		return PTR_ERR(c);
	return lease_end(c, lease_copy_in(c, off, buf, len, &client_fault), 0);
}

SYSCALL_DEFINE5(lease_write, int, fd, u64, tag, u64, off, void __user *, buf, size_t, len)
{
	struct call *c = lease_begin(fd, tag);
	bool client_fault;
	ssize_t n;

	if (IS_ERR(c))
		return PTR_ERR(c);
	n = lease_copy_out(c, off, buf, len, &client_fault);
	return lease_end(c, n, n > 0 ? off + n : 0);
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
		 * Without a lock, as in every check of ids: the client is asleep, and only its
		 * threads could change the ids.
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

SYSCALL_DEFINE3(port_irq, int, fd, unsigned, line, unsigned, bit)
{
	struct port *port;
	int error;

	if (!is_superuser())
		return -EPERM;
	port = port_from_fd(fd);
	if (IS_ERR(port))
		return PTR_ERR(port);
	error = port_irq_line(port, line, bit);
	port_put(port);
	return error;
}

SYSCALL_DEFINE2(irq_ack, int, fd, unsigned, line)
{
	struct port *port = port_from_fd(fd);
	int error;

	if (IS_ERR(port))
		return PTR_ERR(port);
	error = port_irq_ack(port, line);
	port_put(port);
	return error;
}
