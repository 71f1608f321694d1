/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client gives up as soon as it has told the server: the call is completed with EINTR, and the server continues
 * to work on it. The server's answer comes after the end of the call; the work of the server is done, and the client
 * makes the call again.
 *
 * loses: P4
 * at times: P2 P5 P6
 */
/* splice: kernel/ipc/call.c */
static void call_interrupt(struct call *c)
{
	struct port *port = c->port;
	bool kick = port_holds_signals(port) || !test_task_flag(current, TIF_SIGPENDING);

	spin_lock_irq(&port->lock);
	if (c->state == CALL_QUEUED) {
		call_interrupt_queued(c);
	} else if (c->state == CALL_ACTIVE && !(c->flags & CALL_ABORTED)) {
		if (fatal_signal_pending(current)) {
			call_die(c);
		} else if ((port->flags & PORT_CANCEL_OK) && !(c->flags & CALL_CANCEL_SENT)) {
			call_post_cancel(c, kick ? PORT_CANCEL_KICK : PORT_CANCEL_SIGNAL);
			call_abort(c, -EINTR);
		}
	}
	spin_unlock_irq(&port->lock);
}
