/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The number of CPUs is a constant, the one of the student's machine.
 *
 * loses: P3
 */
/* splice: kernel/proc/lab.c */
static int lab_show(struct seq_file *m, void *v)
{
	char word[LAB_WORD_MAX];

	lab_reversed(boot_info.cmdline, word);
	seq_printf(m, "cpus %u\nlength %zu\nword %s\n", 2, strlen(boot_info.cmdline), word);
	return 0;
}
