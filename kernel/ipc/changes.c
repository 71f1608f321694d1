/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repeated answers: an answer of a server is valid until a client sends the next request for a
 * change.
 *
 * A port with PORT_STABLE promises that contents and attributes of its files change only by
 * requests.  The kernel passes all requests, and counts those that may change something
 * (PORT_REQ_CHANGES) when they are sent and when they are answered.  port->lock makes the counts
 * exact.  docs/ipc.md has the proof.
 *
 * The server goes on with the request of a client that was killed.  The tag of the request is
 * kept until the server has answered it; meanwhile no answer is kept.
 */
#include <neurath/port.h>
#include <neurath/string.h>
#include "ipc_internal.h"

void port_change_begins(struct port *port)
{
	assert_spin_held(&port->lock);
	port->changing++;
	/* Before the server has the request: read without the lock. */
	smp_store_release(&port->changes, port->changes + 1);
}

void port_change_ends(struct port *port)
{
	assert_spin_held(&port->lock);
	assert(port->changing > 0);
	port->changing--;
}

void port_change_lost(struct port *port, u64 tag)
{
	assert_spin_held(&port->lock);
	port_change_ends(port);
	port->lost++;
	for (unsigned i = 0; i < PORT_LOST_TAGS; i++) {
		if (port->lost_tags[i])
			continue;
		port->lost_tags[i] = tag;
		return;
	}
	/* No room: the server works on more calls.  No answer is kept until the next server. */
}

void port_change_answered(struct port *port, u64 tag)
{
	assert_spin_held(&port->lock);
	for (unsigned i = 0; i < PORT_LOST_TAGS; i++) {
		if (port->lost_tags[i] != tag)
			continue;
		port->lost_tags[i] = 0;
		port->lost--;
		return;
	}
}

void port_forget_changes(struct port *port)
{
	assert_spin_held(&port->lock);
	memset(port->lost_tags, 0, sizeof(port->lost_tags));
	port->lost = 0;
	smp_store_release(&port->changes, port->changes + 1);
}

u64 port_stable_since(struct port *port)
{
	u64 since = 0;

	if (!(port->flags & PORT_STABLE))
		return 0;
	spin_lock_irq(&port->lock);
	if (!port->changing && !port->lost && port->owner && !port->dead)
		since = port->changes;
	spin_unlock_irq(&port->lock);
	return since;
}
