/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a server dies, all its calls end with EIO, also if a next server takes the port over. This is simple, and
 * every program that was reading a file at that moment fails. port_requeue() then has no caller, and the compiler
 * warns.
 *
 * loses: P3 P4 P5 P6 P7 P9 P10
 */
/* splice: kernel/ipc/port.c */
static void port_requeue_calls(struct port *port)
{
	struct call *c, *next;

	for (unsigned i = 0; i < PORT_HASH; i++)
		list_for_each_entry_safe(c, next, &port->active[i], node)
			call_abort(c, -EIO);
}
