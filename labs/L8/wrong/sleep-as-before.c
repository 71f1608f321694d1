/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner is gone, and the way in which the clients sleep does not change: clients that wait in the queue of a file
 * server still hold signals back, although there is no server.
 *
 * loses: P4
 */
/* splice: kernel/ipc/port.c */
static void port_vacate(struct port *port)
{
	assert_spin_held(&port->lock);
	port->owner = NULL;
	port->owner_file = NULL;
	port_requeue_calls(port);
	while (!list_empty(&port->receivers))
		port_wake_receiver(port);
}
