/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fault is fixed in the source of the kernel. The next boot has no fault, but the task is to fix the running
 * machine.
 *
 * loses: P1 P2 P3 P4 P5 P6 P7 P8
 */
/* splice: kernel/proc/pid.c */
static int proc_comm_show(struct seq_file *m, void *v)
{
	const struct task *t = v;

	seq_printf(m, "%s\n", t->comm);
	return 0;
}
