/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations that the files of kernel/ipc share. */
#ifndef IPC_INTERNAL_H
#define IPC_INTERNAL_H

#include <neurath/bug.h>
#include <neurath/file.h>
#include <neurath/port.h>
#include <neurath/spinlock.h>

struct pci_function;

/* A message in the form that the server's buffer gets. */
union port_message {
	struct port_request req;
	struct port_note note;
};

/*
 * A server thread in receive, on its own stack.  A thread that brings work removes the receiver
 * from the list and wakes it, both under port->lock.  A client that finds a waiting receiver may
 * also copy its request here: then @size, stored last, is all that the receiver has to read.
 * Otherwise the receiver takes the lock before it returns, so the object exists as long as other
 * threads can see it.
 */
struct port_receiver {
	struct list_head node;		/* (p) port->receivers; empty = not waiting */
	struct task *task;		/* (!) */
	ssize_t size;			/* (p) valid bytes of @msg; 0 = no message yet */
	union port_message msg;		/* (p) */
};

/* ---- call.c: completion.  Caller holds port->lock for all. ---- */
/* Changes the state to DONE and wakes the client, which waits until the lock is free. */
void call_complete(struct call *c, s64 status, u64 aux);
/* Ends a QUEUED or ACTIVE call for a reason of the kernel: at once, or when its copies end. */
void call_abort(struct call *c, s64 status);
/* The port got or lost its owner: decides again which signals wake the client of a QUEUED call. */
void call_restate(struct call *c);
/* ACTIVE -> QUEUED in front of @at: the next server gets the call with the same tag. */
void call_requeue(struct call *c, struct list_head *at);
void call_pin(struct call *c);
/* Ends a copy.  True if the call is still alive. */
bool call_unpin(struct call *c);
/* QUEUED -> ACTIVE for the first queued call, which must exist.  Returns bytes of *req. */
size_t call_take_first(struct port *port, struct port_request *req);

/* ---- lease.c: copies between server and client; the call is pinned, no lock is held. ---- */
/* Returns bytes, or -EFAULT with *client_fault = true if the client's memory was bad. */
ssize_t lease_copy_out(struct call *c, u64 off, const void __user *src, size_t n,
		       bool *client_fault);
ssize_t lease_copy_in(struct call *c, u64 off, void __user *dst, size_t n, bool *client_fault);

/* ---- port.c ---- */
/*
 * There is work for one more thread.  Returns a waiting thread with a reference, which the caller
 * must wake in any case; or NULL.  Caller holds port->lock.
 */
struct task *port_take_receiver(struct port *port);
void port_wake_task(struct task *task);		/* wakes the task and drops the reference */
/* Takes the first receiver and wakes it at once. */
void port_wake_receiver(struct port *port);
/* The server has accepted an OPEN: from now on it has the file open.  Caller holds port->lock. */
void port_file_attach_locked(struct port_file *pf, u64 handle);
/*
 * Stores up to @room handles of open files, including files whose CLOSE note has not been
 * received yet.  Returns the number of such handles.  Caller holds port->lock.
 */
size_t port_count_handles(struct port *port, u64 *handles, size_t room);
/* Calls fn(port, arg) for each port that is not dead, with the list of ports locked. (task) */
void port_walk(void (*fn)(struct port *port, void *arg), void *arg);
/* Sets the readiness of @handle on all its open files.  Caller holds port->lock. */
void port_set_ready_locked(struct port *port, u64 handle, u32 mask);

/* ---- changes.c.  Caller holds port->lock for all. ---- */
/* A request with PORT_REQ_CHANGES is on its way to the server; it is over, whatever came of it. */
void port_change_begins(struct port *port);
void port_change_ends(struct port *port);
/* Its client was killed, but the server has it; the server has answered @tag, which is dead. */
void port_change_lost(struct port *port, u64 tag);
void port_change_answered(struct port *port, u64 tag);
/* Another server, or none: what was kept is void, and what the old one still had. */
void port_forget_changes(struct port *port);

/* ---- port_fd.c ---- */
/*
 * The port of descriptor @fd with a reference, if current's process owns it; or an error pointer.
 */
struct port *port_from_fd(int fd);
/*
 * Creates a descriptor for the port that find(@arg) returns: a port with a reference, or an error
 * pointer.  The process of current becomes its owner.  Returns the descriptor, or -errno.
 */
int port_fd_create(struct port *(*find)(void *arg), void *arg);

/* ---- note.c ---- */
/* Caller holds port->lock. */
void port_unlink_note(struct port *port, struct port_note_node *n);
/*
 * Takes the next note of @port; false = there is none.  If *owner is not NULL, the caller must
 * call its free() after it has released port->lock, which it holds.
 */
bool port_take_note(struct port *port, struct port_note *note, struct port_note_node **owner);
/*
 * Queues @n; from now on @n owns its object.  False = the port is dead.  Caller holds port->lock.
 */
bool port_post_owning(struct port *port, struct port_note_node *n, u32 kind, u64 value);
void port_release_irqs(struct port *port);
/*
 * Interrupts of an ISA line, or of message @entry of a PCI function, set bit @bit.  Returns 0 or
 * the line, or -errno.
 */
int port_irq_line(struct port *port, unsigned line, unsigned bit);
int port_irq_message(struct port *port, struct pci_function *function, unsigned entry,
		     unsigned bit);
int port_irq_ack(struct port *port, unsigned line);

/* ---- completion, inlined in the path of an answer; caller holds port->lock ---- */

static __always_inline struct list_head *call_bucket(struct port *port, u64 tag)
{
	return &port->active[tag % PORT_HASH];
}

/* The ACTIVE call of @port with @tag, not aborted, if current's process is the server; or NULL. */
static inline struct call *call_find(struct port *port, u64 tag)
{
	struct call *c;

	assert_spin_held(&port->lock);
	/* A thread of the previous server may arrive here after another has taken over. */
	if (unlikely(port->owner != current->process))
		return NULL;
	list_for_each_entry(c, call_bucket(port, tag), node) {
		if (c->req.tag == tag)
			return c->flags & CALL_ABORTED ? NULL : c;
	}
	return NULL;
}

/* The common part of every end of a call, without the state. */
static __always_inline void call_end(struct call *c, s64 status, u64 aux)
{
	assert_spin_held(&c->port->lock);
	debug_assert((c->state == CALL_QUEUED || c->state == CALL_ACTIVE) && c->pins == 0);
	list_del_init(&c->node);
	c->status = status;
	c->aux = aux;
	if (unlikely(c->flags & CALL_CHANGES))
		port_change_ends(c->port);
	/* A GONE note outlives the call; any other note is useless now. */
	if (unlikely(c->cancel.queued) && c->cancel.note.reason != PORT_CANCEL_GONE)
		port_unlink_note(c->port, &c->cancel);
}

/*
 * Changes the state to DONE for a caller that wakes the client after it has released the lock, so
 * that the client does not wait for the lock.  Returns the client with a reference.  @c must not
 * be accessed after this.
 */
static __always_inline struct task *call_finish(struct call *c, s64 status, u64 aux)
{
	struct task *client = c->task;

	call_end(c, status, aux);
	c->flags |= CALL_LET_GO;
	task_get(client);
	/*
	 * Release: pairs with the acquire in call_wait().  A client that sees DONE finds the
	 * result, and may be gone together with the object before this function returns.
	 */
	smp_store_release(&c->state, CALL_DONE);
	return client;
}

extern const struct file_ops port_fd_ops;

/*
 * The port of descriptor @fd, if current's process owns it, for the length of a system call; or
 * an error pointer.  It has a reference (*@counted) if another thread might close the descriptor
 * meanwhile.
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

static inline void port_return(struct port *port, bool counted)
{
	if (unlikely(counted))
		port_put(port);
}

#endif
