/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The length is that of the file /proc/cmdline, with its newline. The hand-out asks for the length of the command
 * line.
 *
 * loses: P3
 */
/* splice: kernel/proc/lab.c */
static int lab_show(struct seq_file *m, void *v)
{
	char word[LAB_WORD_MAX];

	lab_reversed(boot_info.cmdline, word);
	seq_printf(m, "cpus %u\nlength %zu\nword %s\n", nr_cpus,
		   strlen(boot_info.cmdline) + 1, word);
	return 0;
}
