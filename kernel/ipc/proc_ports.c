/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/ports: a line for each port, with the calls on it and the age of the oldest that was
 * cancelled and has no answer yet: a server that hangs is seen here before it is in the log.
 *
 * Counts under port->lock, one port after the other; the text is made without it.
 */
#include <neurath/kernfs.h>
#include <neurath/timer.h>
#include "ipc_internal.h"

struct port_counts {
	unsigned queued, active, cancelled;
	u64 oldest_ns;			/* when the oldest cancel was sent */
	bool vacant;
};

static void port_count_active(const struct call *c, struct port_counts *counts)
{
	counts->active++;
	if (!(c->flags & CALL_CANCEL_SENT))
		return;
	if (!counts->cancelled++ || c->cancelled_ns < counts->oldest_ns)
		counts->oldest_ns = c->cancelled_ns;
}

static void port_count_calls(struct port *port, struct port_counts *counts)
{
	const struct call *c;

	assert_spin_held(&port->lock);
	counts->vacant = !port->owner;
	list_for_each_entry(c, &port->calls, node)
		counts->queued++;
	for (unsigned i = 0; i < PORT_HASH; i++) {
		list_for_each_entry(c, &port->active[i], node)
			port_count_active(c, counts);
	}
}

static void port_show(struct port *port, void *m)
{
	struct port_counts counts = { 0 };
	u64 age_ns = 0;

	spin_lock_irq(&port->lock);
	port_count_calls(port, &counts);
	if (counts.cancelled)
		age_ns = clock_ns() - counts.oldest_ns;
	spin_unlock_irq(&port->lock);
	seq_printf(m, "%llu %s %s %u %u %u %llu\n", (unsigned long long)port->id, port->owner_comm,
		   counts.vacant ? "vacant" : "served", counts.queued, counts.active,
		   counts.cancelled, (unsigned long long)(age_ns / NSEC_PER_MSEC));
}

static int ports_show(struct seq_file *m, void *v)
{
	seq_puts(m, "port server state queued active cancelled oldest_ms\n");
	port_walk(port_show, m);
	return 0;
}
KERNFS_SHOW(proc_ports, "/proc/ports", 0444, ports_show);
