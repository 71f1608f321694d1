/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test calls the function and checks no result, so it cannot fail.
 *
 * loses: P4
 */
/* file: kernel/proc/lab.c */
/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab.c - /proc/lab: the number of CPUs, the length of the command line, and the value of its
 * word "lab=", backwards.
 */
#include <neurath/boot.h>
#include <neurath/kernfs.h>
#include <neurath/ktest.h>
#include <neurath/sched.h>
#include <neurath/string.h>

#define LAB_WORD_MAX	64

/* Copies the value of the word "lab=" backwards; "-" if there is none. */
static void lab_reversed(const char *cmdline, char *out)
{
	const char *at = cmdline;
	size_t n = 0;

	while (at && strncmp(at, "lab=", 4) != 0) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	for (at = at ? at + 4 : ""; at[n] && at[n] != ' ' && n < LAB_WORD_MAX - 1; n++)
		;
	for (size_t i = 0; i < n; i++)
		out[i] = at[n - 1 - i];
	if (n == 0)
		out[n++] = '-';
	out[n] = 0;
}

static int lab_show(struct seq_file *m, void *v)
{
	char word[LAB_WORD_MAX];

	lab_reversed(boot_info.cmdline, word);
	seq_printf(m, "cpus %u\nlength %zu\nword %s\n", nr_cpus, strlen(boot_info.cmdline), word);
	return 0;
}
KERNFS_SHOW(proc_lab, "/proc/lab", 0444, lab_show);

KTEST(lab_word_is_turned_round)
{
	char out[LAB_WORD_MAX];

	lab_reversed("quiet lab=abc rest", out);
	strcmp(out, "");
	lab_reversed("quiet", out);
	strcmp(out, "");
}
