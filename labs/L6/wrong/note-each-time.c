/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each signal sends a cancel to the server, also the second signal for the same call. The server has answered the
 * first cancel, and applies the second one to the next call.
 *
 * loses: P4
 * at times: P2 P3 P5 P6 P7
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
		} else if (port->flags & PORT_CANCEL_OK) {
			call_post_cancel(c, kick ? PORT_CANCEL_KICK : PORT_CANCEL_SIGNAL);
			WRITE_ONCE(c->wait_state, port->active_state);
			c->report_ns = clock_ns() + CALL_REPORT_AFTER;
		}
	}
	spin_unlock_irq(&port->lock);
}
