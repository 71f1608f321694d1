/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of the dead server go to the end of the queue, behind calls that were made later. Two writes of one client
 * keep their order; the writes of two clients that had agreed on an order do not.
 *
 * loses: P3 P6 P7
 */
/* splice: kernel/ipc/port.c */
static struct list_head *port_requeue(struct port *port, struct call *c, struct list_head *at)
{
	call_requeue(c, &port->calls);
	return at;
}
