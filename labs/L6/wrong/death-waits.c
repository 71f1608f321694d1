/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fatal signal is handled like any other signal: the server is asked to cancel. If a server hangs, its clients
 * cannot be killed.
 *
 * loses: P5
 * at times: P4
 */
/* splice: kernel/ipc/call.c */
static void call_die(struct call *c)
{
	if ((c->port->flags & PORT_CANCEL_OK) && !(c->flags & CALL_CANCEL_SENT))
		call_post_cancel(c, PORT_CANCEL_SIGNAL);
	WRITE_ONCE(c->wait_state, TASK_UNINTERRUPTIBLE);
}
