/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a port dies without a next server, the calls that its server had are ended. The calls that were still in the
 * queue are forgotten: their clients wait without end.
 *
 * loses: P2
 */
/* splice: kernel/ipc/port.c */
static void port_abort_calls(struct port *port)
{
	struct call *c, *next;

	for (unsigned i = 0; i < PORT_HASH; i++)
		list_for_each_entry_safe(c, next, &port->active[i], node)
			call_abort(c, -EIO);
}
