/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/ports: a line for each port, with its calls and the age of the oldest call that was
 * cancelled and has no answer yet.  A server that hangs is visible here before it is in the log.
 *
 * Counts are taken under port->lock, one port after the other; the text is made without it.
 */
#include <neurath/kernfs.h>
#include <neurath/printk.h>
#include <neurath/sysrq.h>
#include <neurath/timer.h>
#include <neurath/workqueue.h>
#include "../ipc/ipc_internal.h"

#define PORT_LINE	128
#define PORTS_TITLE	"port server state queued active cancelled oldest_ms\n"

struct port_counts {
	unsigned queued, active, cancelled;
	u64 oldest_ns;			/* when the oldest cancel note was sent */
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

static void port_describe(struct port *port, char *line, size_t size)
{
	struct port_counts counts = { 0 };
	u64 age_ns = 0;

	spin_lock_irq(&port->lock);
	port_count_calls(port, &counts);
	if (counts.cancelled)
		age_ns = clock_ns() - counts.oldest_ns;
	spin_unlock_irq(&port->lock);
	scnprintf(line, size, "%llu %s %s %u %u %u %llu\n", (unsigned long long)port->id,
		  port->owner_comm, counts.vacant ? "vacant" : "served", counts.queued,
		  counts.active, counts.cancelled, (unsigned long long)(age_ns / NSEC_PER_MSEC));
}

static void port_show(struct port *port, void *m)
{
	char line[PORT_LINE];

	port_describe(port, line, sizeof(line));
	seq_puts(m, line);
}

static int ports_show(struct seq_file *m, void *v)
{
	seq_puts(m, PORTS_TITLE);
	port_walk(port_show, m);
	return 0;
}
KERNFS_SHOW(proc_ports, "/proc/ports", 0444, ports_show);

/* ---- SysRq ---------------------------------------------------------------------------- */

static void port_print(struct port *port, void *unused)
{
	char line[PORT_LINE];

	port_describe(port, line, sizeof(line));
	pr_emerg("%s", line);
}

/* A mutex protects the list of ports, and an interrupt cannot wait for it. */
static void ports_print(struct work_struct *work)
{
	pr_emerg(PORTS_TITLE);
	port_walk(port_print, NULL);
}
static DECLARE_WORK(ports_work, ports_print);

static void ports_sysrq(void)
{
	schedule_work(&ports_work);
}
SYSRQ(ports, 'v', "servers' ports and the calls on them", ports_sysrq);
