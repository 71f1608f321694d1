/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/ipc share. */
#ifndef IPC_INTERNAL_H
#define IPC_INTERNAL_H

#include <neurath/bug.h>
#include <neurath/port.h>
#include <neurath/spinlock.h>

struct pci_function;

/* A message as it stands in the server's buffer. */
union port_message {
	struct port_request req;
	struct port_note note;
};

/*
 * A server thread in receive, on its own stack.  Whoever brings work takes it off the list
 * and wakes it, both under port->lock.  A client that finds it there may bring its
 * request along: then @size, stored last, is all that the thread has to look at.
 * Otherwise it takes the lock before it returns, so the object is there as long as
 * somebody can see it.
 */
struct port_receiver {
	struct list_head node;		/* (p) port->receivers; empty = not waiting */
	struct task *task;		/* (!) */
	ssize_t size;			/* (p) bytes of @msg that mean something; 0 = none yet */
	union port_message msg;		/* (p) */
};

/* ---- call.c: completion.  Caller holds port->lock for all. ---- */
/* To DONE, and wakes the client, which waits until the lock is free. */
void call_complete(struct call *c, s64 status, u64 aux);
/* Ends a QUEUED or ACTIVE call for a reason of ours, at once or when its copies end. */
void call_abort(struct call *c, s64 status);
/* ACTIVE -> QUEUED in front of @at: the next server gets it with the same tag. */
void call_requeue(struct call *c, struct list_head *at);
void call_pin(struct call *c);
/* Ends a copy; true if the call is still alive. */
bool call_unpin(struct call *c);
/* QUEUED -> ACTIVE of the first queued call, which there must be: bytes of its request in *req. */
size_t call_take_first(struct port *port, struct port_request *req);

/* ---- lease.c: copies between server and client, call pinned, no lock held. ---- */
/* Bytes; -EFAULT with *client_fault telling whose memory was bad. */
ssize_t lease_copy_out(struct call *c, u64 off, const void __user *src, size_t n,
		       bool *client_fault);
ssize_t lease_copy_in(struct call *c, u64 off, void __user *dst, size_t n, bool *client_fault);

/* ---- port.c ---- */
/*
 * There is work for one more thread: one that waits, with a reference, which the caller
 * has to wake whatever happens; or NULL.  Caller holds port->lock.
 */
struct task *port_take_receiver(struct port *port);
void port_wake_task(struct task *task);		/* wakes it, puts it */
/* The first receiver, woken at once. */
void port_wake_receiver(struct port *port);
/* The server's yes to OPEN: from now on the file is open at its side.  Caller holds port->lock. */
void port_file_attach_locked(struct port_file *pf, u64 handle);
/*
 * The handles of all open files, those whose CLOSE note was not received yet too, up to
 * @room of them; how many there are.  Caller holds port->lock.
 */
size_t port_count_handles(struct port *port, u64 *handles, size_t room);
/* fn(port, arg) for each port that is not dead, the list of all locked. (task) */
void port_walk(void (*fn)(struct port *port, void *arg), void *arg);
/* Readiness of @handle on all its open files.  Caller holds port->lock. */
void port_set_ready_locked(struct port *port, u64 handle, u32 mask);

/* ---- sys_port.c ---- */
/* The port of descriptor @fd with a reference, if it is current's; or an error pointer. */
struct port *port_from_fd(int fd);
/*
 * A new descriptor of what find(@arg) gives, a port with a reference or an error pointer;
 * current is its owner then.  The descriptor, or -errno.
 */
int port_fd_create(struct port *(*find)(void *arg), void *arg);

/* ---- note.c ---- */
/* Caller holds port->lock. */
void port_unlink_note(struct port *port, struct port_note_node *n);
/*
 * Next note of @port; false = none.  *owner, if not NULL, must be given to its free()
 * once port->lock, which the caller holds, is released.
 */
bool port_take_note(struct port *port, struct port_note *note, struct port_note_node **owner);
/* Queues @n, which from now on owns its object.  False = dead.  Caller holds port->lock. */
bool port_post_owning(struct port *port, struct port_note_node *n, u32 kind, u64 value);
void port_release_irqs(struct port *port);
/*
 * Interrupts of an ISA line, or of message @entry of a PCI function, set @bit: 0 or the
 * line; -errno.
 */
int port_irq_line(struct port *port, unsigned line, unsigned bit);
int port_irq_message(struct port *port, struct pci_function *function, unsigned entry,
		     unsigned bit);
int port_irq_ack(struct port *port, unsigned line);

/* ---- completion, inlined in the path of an answer.  Caller holds port->lock. ---- */

static __always_inline struct list_head *call_bucket(struct port *port, u64 tag)
{
	return &port->active[tag % PORT_HASH];
}

/* The ACTIVE call of @port named @tag, not aborted, if current's process is the server; or NULL. */
static inline struct call *call_find(struct port *port, u64 tag)
{
	struct call *c;

	assert_spin_held(&port->lock);
	/* A thread of a server that is gone may be on its way here when another takes over. */
	if (unlikely(port->owner != current->process))
		return NULL;
	list_for_each_entry(c, call_bucket(port, tag), node) {
		if (c->req.tag == tag)
			return c->flags & CALL_ABORTED ? NULL : c;
	}
	return NULL;
}

/* What is true of every end of a call, but for the state. */
static __always_inline void call_end(struct call *c, s64 status, u64 aux)
{
	assert_spin_held(&c->port->lock);
	debug_assert((c->state == CALL_QUEUED || c->state == CALL_ACTIVE) && c->pins == 0);
	list_del_init(&c->node);
	c->status = status;
	c->aux = aux;
	/* A GONE note outlives the call; any other is pointless now. */
	if (unlikely(c->cancel.queued) && c->cancel.note.reason != PORT_CANCEL_GONE)
		port_unlink_note(c->port, &c->cancel);
}

/*
 * To DONE for a caller who wakes the client after the lock is released, and so does not make
 * it wait for the lock: the client, with a reference.  @c must not be touched any more.
 */
static __always_inline struct task *call_finish(struct call *c, s64 status, u64 aux)
{
	struct task *client = c->task;

	call_end(c, status, aux);
	c->flags |= CALL_LET_GO;
	task_get(client);
	/*
	 * Release: pairs with the acquire in call_wait().  A client that sees DONE finds
	 * the result, and may be gone with the object before this function returns.
	 */
	smp_store_release(&c->state, CALL_DONE);
	return client;
}

#endif
