/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every interrupted call fails, and a call to a server cannot be interrupted. */
/* splice: kernel/signal/deliver.c */
/* A handler will run: does the interrupted call fail, or start again afterwards? */
static void signal_resolve_restart(const struct ksignal *ks, struct pt_regs *regs)
{
	/* L6: yours, see labs/L6/README.md */
	if ((long)regs->rax <= -ERESTARTSYS)
		regs->rax = -EINTR;
}

/* No handler runs: the call starts again, unseen. */
static void signal_restart_silently(struct pt_regs *regs)
{
	/* L6: yours, see labs/L6/README.md */
	signal_resolve_restart(NULL, regs);
}
/* splice: kernel/ipc/call.c */
/* A call that may be made again at once, invisibly: nothing has happened. */
static int call_restart_code(const struct port *port)
{
	/* L6: yours, see labs/L6/README.md */
	return -EINTR;
}

/*
 * A signal or a kick while the call is not done: the middle columns of the table in
 * docs/ipc.md.
 */
static void call_interrupt(struct call *c)
{
	/* L6: yours, see labs/L6/README.md.  Until then: not before the server answers. */
	WRITE_ONCE(c->wait_state, TASK_UNINTERRUPTIBLE);
}
