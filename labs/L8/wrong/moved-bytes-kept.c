/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The call goes back into the queue unchanged: with the bytes that the dead server had moved, and with the note of a
 * cancel that was for the dead server. The answer of the next server is added to half of the last server's answer.
 *
 * loses: P4
 * at times: P10 P3 P5 P6 P7 P8
 */
/* splice: kernel/ipc/call.c */
void call_requeue(struct call *c, struct list_head *at)
{
	assert_spin_held(&c->port->lock);
	WRITE_ONCE(c->state, CALL_QUEUED);
	list_move_tail(&c->node, at);
}
