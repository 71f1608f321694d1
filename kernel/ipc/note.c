/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notes: one-way messages of the kernel to a server.  A note is part of the object that it is
 * about (a call, an open file, the port), so posting it needs no memory.  A note is queued at
 * most once.  Notes are received before calls.
 *
 * Interrupts: a line is masked when it fires, and stays masked until the server acknowledges it.
 * All lines of a port share one note; its value is the set of bits since the previous note.  The
 * message of a PCI function counts as a line.
 */
#include <neurath/arch.h>
#include <neurath/mm.h>
#include <neurath/pci.h>
#include "ipc_internal.h"

/* A line that a port owns.  Constant while it is registered. */
struct port_irq {
	struct port *port;
	unsigned line;
	unsigned bit;
	/* the function that sends message @entry, with a reference; or NULL */
	struct pci_function *function;
	unsigned entry;
};

/* Caller holds port->lock; the port is not dead. */
static void port_post_locked(struct port *port, struct port_note_node *n, u32 kind, u32 reason,
			     u64 value)
{
	assert_spin_held(&port->lock);
	n->note = (struct port_note){ .kind = kind, .reason = reason, .value = value };
	if (!n->queued) {
		n->queued = true;
		list_add_tail(&n->node, &port->notes);
		port_wake_receiver(port);
	}
}

bool port_post_owning(struct port *port, struct port_note_node *n, u32 kind, u64 value)
{
	assert_spin_held(&port->lock);
	if (port->dead)
		return false;
	n->owns = true;
	port_post_locked(port, n, kind, 0, value);
	return true;
}

void port_unlink_note(struct port *port, struct port_note_node *n)
{
	assert_spin_held(&port->lock);
	if (n->queued) {
		list_del_init(&n->node);
		n->queued = false;
	}
}

bool port_take_note(struct port *port, struct port_note *note, struct port_note_node **owner)
{
	struct port_note_node *n;

	assert_spin_held(&port->lock);
	*owner = NULL;
	n = list_first_entry_or_null(&port->notes, struct port_note_node, node);
	if (!n)
		return false;
	port_unlink_note(port, n);
	*note = n->note;
	if (n == port->irq_note) {
		note->value = port->irq_bits;
		port->irq_bits = 0;
	}
	/* Without ownership the object may be freed as soon as the lock is released. */
	if (n->owns)
		*owner = n;
	return true;
}

/* ---- interrupts ---------------------------------------------------------------- */

static void port_irq_fired(unsigned line, void *arg)
{
	struct port_irq *irq = arg;
	struct port *port = irq->port;
	unsigned long flags;

	irq_mask(line);
	spin_lock_irqsave(&port->lock, flags);
	if (!port->dead) {
		port->irq_bits |= BIT(irq->bit);
		port_post_locked(port, port->irq_note, PORT_NOTE_IRQ, 0, 0);
	}
	spin_unlock_irqrestore(&port->lock, flags);
}

/* Allocates the note that all interrupts of @port share, before the first interrupt. */
static int port_irq_prepare(struct port *port)
{
	struct port_note_node *note = kzalloc(sizeof(*note), GFP_KERNEL);
	unsigned long flags;

	if (!note)
		return -ENOMEM;
	spin_lock_irqsave(&port->lock, flags);
	if (!port->irq_note) {
		port->irq_note = note;
		note = NULL;
	}
	spin_unlock_irqrestore(&port->lock, flags);
	kfree(note);
	return 0;
}

/* Puts the requested @irq into a free slot; from now on the port's death releases it. */
static int port_irq_publish(struct port *port, struct port_irq *irq)
{
	unsigned long flags;
	int error = -ENOSPC;

	spin_lock_irqsave(&port->lock, flags);
	if (port->dead || port->owner != current->process)
		error = -EIO;		/* no server would release it */
	for (unsigned i = 0; i < ARRAY_SIZE(port->irqs) && error == -ENOSPC; i++) {
		if (port->irqs[i])
			continue;
		port->irqs[i] = irq;
		error = 0;
	}
	spin_unlock_irqrestore(&port->lock, flags);
	return error;
}

static void port_irq_unclaim(struct port *port, struct port_irq *irq)
{
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	for (unsigned i = 0; i < ARRAY_SIZE(port->irqs); i++) {
		if (port->irqs[i] == irq)
			port->irqs[i] = NULL;
	}
	spin_unlock_irqrestore(&port->lock, flags);
}

/* After this port_irq_fired(irq) may run. */
static int port_irq_connect(struct port_irq *irq)
{
	int line;

	if (!irq->function)
		return irq_request(irq->line, port_irq_fired, irq);
	line = pci_message_request(irq->function, irq->entry, port_irq_fired, irq);
	if (line < 0)
		return line;
	irq->line = line;
	return 0;
}

/* After this no handler runs. */
static void port_irq_disconnect(struct port_irq *irq)
{
	if (irq->function)
		pci_message_release(irq->function, irq->entry, irq->line);
	else
		irq_release(irq->line);
}

/* Registers a copy of @wanted with its port.  Returns the line, or -errno. */
static int port_irq_register(const struct port_irq *wanted)
{
	struct port *port = wanted->port;
	struct port_irq *irq;
	int error;

	if (wanted->bit >= 64)
		return -EINVAL;
	error = port_irq_prepare(port);
	if (error)
		return error;
	irq = kzalloc(sizeof(*irq), GFP_KERNEL);
	if (!irq)
		return -ENOMEM;
	*irq = *wanted;
	error = port_irq_connect(irq);
	if (error)
		goto free_irq;
	error = port_irq_publish(port, irq);
	if (error)
		goto disconnect;
	return irq->line;
disconnect:
	port_irq_disconnect(irq);
free_irq:
	kfree(irq);
	return error;
}

int port_irq_line(struct port *port, unsigned line, unsigned bit)
{
	int ret = port_irq_register(&(struct port_irq){ .port = port, .line = line, .bit = bit });

	return ret < 0 ? ret : 0;
}

int port_irq_message(struct port *port, struct pci_function *function, unsigned entry, unsigned bit)
{
	return port_irq_register(&(struct port_irq){ .port = port, .bit = bit,
						     .function = function, .entry = entry });
}

int port_irq_ack(struct port *port, unsigned line)
{
	unsigned long flags;
	int error = -EINVAL;

	spin_lock_irqsave(&port->lock, flags);
	for (unsigned i = 0; i < ARRAY_SIZE(port->irqs); i++) {
		if (port->irqs[i] && port->irqs[i]->line == line)
			error = 0;
	}
	spin_unlock_irqrestore(&port->lock, flags);
	if (!error)
		irq_unmask(line);
	return error;
}

/* A server that takes over queries its device itself. */
static void port_forget_irqs(struct port *port)
{
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	port->irq_bits = 0;
	if (port->irq_note)
		port_unlink_note(port, port->irq_note);
	spin_unlock_irqrestore(&port->lock, flags);
}

void port_release_irqs(struct port *port)
{
	for (unsigned i = 0; i < ARRAY_SIZE(port->irqs); i++) {
		struct port_irq *irq = port->irqs[i];

		if (!irq)
			continue;
		port_irq_disconnect(irq);
		port_irq_unclaim(port, irq);
		kfree(irq);
	}
	port_forget_irqs(port);
}
