/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of calls to servers, for srvtrace(1).
 *
 * port->traced turns tracing on for one port.  A call of such a port takes another path
 * (call_server_traced()), so other calls have no cost.  Records go into one ring and overwrite
 * the oldest.  A reader computes from the sequence numbers how many records it has lost.
 */
#include <neurath/port_trace.h>
#include <neurath/string.h>
#include "ipc_internal.h"

#define PORT_TRACE_RECORDS	1024	/* a power of two */

static DEFINE_SPINLOCK_RANK(port_trace_lock, RANK_LEAF);
static struct port_trace_record port_trace_ring[PORT_TRACE_RECORDS];	/* (port_trace_lock) */
static u64 port_trace_next;		/* (port_trace_lock) number of the next record */
DECLARE_WAIT_QUEUE_HEAD(port_trace_wait);

void port_trace_note(u64 port, const struct call *c, u64 since_ns, int error,
		     const struct call_result *res)
{
	const struct port_request *req = &c->req;
	struct port_trace_record *r;

	spin_lock_irq(&port_trace_lock);
	r = &port_trace_ring[port_trace_next % PORT_TRACE_RECORDS];
	*r = (struct port_trace_record){
		.number = port_trace_next++, .port = port, .since_ns = since_ns,
		.duration_ns = clock_ns() - since_ns, .pid = current->pid, .op = req->op,
		.flags = req->flags, .handle = req->handle,
		.arg = { req->arg[0], req->arg[1] },
		.in_len = req->in_len, .out_len = req->out_len,
		.moved = res->moved, .error = error, .status = res->status, .aux = res->aux };
	memcpy(r->comm, current->comm, sizeof(r->comm));
	if (req->in_len <= PORT_INLINE)
		memcpy(r->input, req->data, min((size_t)req->in_len, sizeof(r->input)));
	spin_unlock_irq(&port_trace_lock);
	wake_up_all(&port_trace_wait);
}

bool port_trace_read(u64 *number, struct port_trace_record *out)
{
	u64 first;
	bool there;

	spin_lock_irq(&port_trace_lock);
	first = port_trace_next - min(port_trace_next, (u64)PORT_TRACE_RECORDS);
	*number = max(*number, first);
	there = *number < port_trace_next;
	if (there)
		*out = port_trace_ring[(*number)++ % PORT_TRACE_RECORDS];
	spin_unlock_irq(&port_trace_lock);
	return there;
}

u64 port_trace_end(void)
{
	return READ_ONCE(port_trace_next);
}

struct port_trace_switch {
	u64 id;
	bool on, found;
};

static void port_trace_look(struct port *port, void *arg)
{
	struct port_trace_switch *s = arg;

	if (port->id != s->id)
		return;
	s->found = true;
	spin_lock_irq(&port->lock);
	port->traced = s->on;
	spin_unlock_irq(&port->lock);
}

int port_trace_set(u64 id, bool on)
{
	struct port_trace_switch s = { .id = id, .on = on };

	port_walk(port_trace_look, &s);
	return s.found ? 0 : -ENOENT;
}
