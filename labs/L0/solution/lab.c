/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three files of a student's solution. */
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
	KTEST_CHECK(strcmp(out, "cba") == 0);
	lab_reversed("quiet", out);
	KTEST_CHECK(strcmp(out, "-") == 0);
}
/* file: labs/L0/work/where.sh */
# where.sh PID: the number and name of a process, and the system call it sleeps in.
echo "$1 $(cat /proc/$1/comm) $(grep -o '__x64_sys_[a-z0-9_]*' /proc/$1/stack)"
/* file: labs/L0/work/calls.sh */
# calls.sh FUNCTION COMMAND...: how often the kernel calls the function while the command runs.
cd /sys/kernel/tracing || exit 1
function=$1
shift
echo "$function" >set_ftrace_filter
echo >trace
echo function >current_tracer
"$@" >/dev/null
echo nop >current_tracer
echo >set_ftrace_filter
grep -c ": $function <-" trace
