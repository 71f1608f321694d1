/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The code does not test SA_RESTART: every call starts again after a handler. A program that uses an alarm to end a
 * read() waits without end.
 *
 * loses: P3 P4
 * at times: P2 P7
 */
/* splice: kernel/signal/deliver.c */
static void signal_resolve_restart(const struct ksignal *ks, struct pt_regs *regs)
{
	switch ((long)regs->rax) {
	case -ERESTART_RESTARTBLOCK:
	case -ERESTARTNOHAND:
		regs->rax = -EINTR;
		break;
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
		signal_restart_call(regs, regs->orig_rax);
		break;
	}
}
