/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Without a handler the call fails with EINTR: "it was interrupted, after all". But there was no signal; the kernel
 * only wanted the task to pass the exit loop. Programs that were written before live patching see an error that they
 * do not expect.
 *
 * loses: P2 P3 P6
 * at times: P4 P5 P7
 */
/* splice: kernel/signal/deliver.c */
static void signal_restart_silently(struct pt_regs *regs)
{
	switch ((long)regs->rax) {
	case -ERESTARTSYS:
	case -ERESTARTNOHAND:
	case -ERESTARTNOINTR:
	case -ERESTART_RESTARTBLOCK:
		regs->rax = -EINTR;
		break;
	}
}
