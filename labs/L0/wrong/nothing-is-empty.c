/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Without the word lab=, the value is empty: students often do not try this case.
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
		out[i] = at[n - 1 - i];
	out[n] = 0;
}
