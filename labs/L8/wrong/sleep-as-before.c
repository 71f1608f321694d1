/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner is gone, and how the clients sleep is not changed: those that wait in the queue of files still hold signals back, for a server that
 * is not there.
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
