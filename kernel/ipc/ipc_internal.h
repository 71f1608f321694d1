/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/ipc share. */
#ifndef IPC_INTERNAL_H
#define IPC_INTERNAL_H

#include <neurath/bug.h>
#include <neurath/port.h>
#include <neurath/spinlock.h>

struct pci_function;

/*
 * A server thread that waits for a message, on its own stack.  Whoever brings work
 * takes it off the list and wakes it, both under port->lock; it takes that lock itself
 * before it returns, so the object is there as long as somebody can see it.
 */
struct port_receiver {
	struct list_head node;		/* (p) port->receivers; empty = not waiting */
	struct task *task;		/* (!) */
};

/* ---- call.c: completion.  Caller holds port->lock for all. ---- */
/* The ACTIVE call of @port named @tag, not aborted; or NULL. */
struct call *call_find(struct port *port, u64 tag);
/*
 * The only way to DONE.  The caller has to wake the client: c->task stays as long as the
 * lock is held.
 */
void call_finish(struct call *c, s64 status, u64 aux);
/* The same, and wakes it. */
void call_complete(struct call *c, s64 status, u64 aux);
/* Ends a QUEUED or ACTIVE call for a reason of ours, at once or when its copies end. */
void call_abort(struct call *c, s64 status);
/* ACTIVE -> QUEUED in front of @at: the next server gets it with the same tag. */
void call_requeue(struct call *c, struct list_head *at);
void call_pin(struct call *c);
/* Ends a copy; true if the call is still alive. */
bool call_unpin(struct call *c);
/* QUEUED -> ACTIVE of the first queued call, a copy of its request: bytes filled; 0 = none. */
size_t call_take_first(struct port *port, struct port_request *req);

/* ---- lease.c: copies between server and client, call pinned, no lock held. ---- */
/* Bytes; -EFAULT with *client_fault telling whose memory was bad. */
ssize_t lease_copy_out(struct call *c, u64 off, const void __user *src, size_t n,
		       bool *client_fault);
ssize_t lease_copy_in(struct call *c, u64 off, void __user *dst, size_t n, bool *client_fault);

/* ---- sys_port.c ---- */
/* The port of descriptor @fd with a reference, if it is current's; or an error pointer. */
struct port *port_from_fd(int fd);

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

#endif
