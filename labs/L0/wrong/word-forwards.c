/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The word is copied and not reversed: the student wrote a test, and did not run it with 'ktest'.
 *
 * loses: P3 P4
 */
/* splice: kernel/proc/lab.c */
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
		out[i] = at[i];
	if (n == 0)
		out[n++] = '-';
	out[n] = 0;
}
