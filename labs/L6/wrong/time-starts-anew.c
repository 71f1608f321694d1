/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sleep with a time limit is restarted like any other call, with its first argument: it sleeps the whole time
 * again. If it is kicked often enough, it never ends.
 *
 * loses: P3
 * at times: P2 P7
 */
/* splice: kernel/signal/deliver.c */
static void signal_restart_silently(struct pt_regs *regs)
{
	switch ((long)regs->rax) {
	case -ERESTARTSYS:
	case -ERESTARTNOHAND:
	case -ERESTARTNOINTR:
	case -ERESTART_RESTARTBLOCK:
		signal_restart_call(regs, regs->orig_rax);
		break;
	}
}
