/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call is given to the next server, however many servers had it before. A request that crashes servers crashes all
 * of them, one after the other, without end. The test of this waits without end.
 *
 * loses: P4
 */
/* splice: kernel/ipc/port.c */
static void port_requeue_calls(struct port *port)
{
	struct call *c, *next;

	for (unsigned i = 0; i < PORT_HASH; i++) {
		struct list_head *at = port->calls.next;

		list_for_each_entry_safe(c, next, &port->active[i], node) {
			if (c->pins)
				call_abort(c, -EIO);
			else
				at = port_requeue(port, c, at);
		}
	}
}
