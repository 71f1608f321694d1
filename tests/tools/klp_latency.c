// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_latency.c - klp_latency TASKS: what live patching keeps waiting among so many sleeping tasks, for
 * system/test_klp_latency.py. Prints for each step of a transition the longest hold of a spinlock and the longest
 * time with interrupts off since the step before (/proc/lock_stat, measured by debug builds):
 *
 *	latency STEP hold NS LOCK irq_off NS BY
 */
#define _GNU_SOURCE
#include "klp_load.h"

#define MAX_TASKS	10000

static pid_t pids[MAX_TASKS];

/* The worst of all CPUs; starts the measurement anew. */
static void print_step(const char *step)
{
	unsigned long hold, off, worst_hold = 0, worst_off = 0;
	char text[8192], name[64], by[64], worst_name[64] = "-", worst_by[64] = "-";
	char *line = text;

	slurp("/proc/lock_stat", text, sizeof(text));
	while ((line = strchr(line, '\n'))) {
		CHECK_EQ(sscanf(++line, "%*u %lu %63s %lu %63[^\n]", &hold, name, &off, by), 4);
		if (hold > worst_hold) {
			worst_hold = hold;
			strcpy(worst_name, name);
		}
		if (off > worst_off) {
			worst_off = off;
			strcpy(worst_by, by);
		}
	}
	printf("latency %s hold %lu %s irq_off %lu %s\n", step, worst_hold, worst_name, worst_off, worst_by);
	fflush(stdout);
	CHECK_EQ(spit("/proc/lock_stat", "0"), 0);
}

/* Nobody sleeps in @function, or (schedule) everybody does and has to be kicked. */
static void patch_and_take_back(const char *function)
{
	char step[64];

	print_step("before");
	CHECK_EQ(pass_insmod(function, ""), 0);
	pass_settle();
	snprintf(step, sizeof(step), "enable-%s", function);
	print_step(step);
	CHECK_EQ(klp_write(PASS, "enabled", "0"), 0);
	for (int round = 0; klp_exists(PASS); round++) {
		if (round % 8 == 0)
			klp_write(PASS, "signal", "1");
		nap(1000);
	}
	snprintf(step, sizeof(step), "disable-%s", function);
	print_step(step);
	klp_wait_gone(PASS);
	CHECK_EQ(rmmod(PASS), 0);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 100;

	CHECK(n > 0 && n <= MAX_TASKS);
	for (int i = 0; i < n; i++)
		pids[i] = load_start(load_sleep);
	patch_and_take_back("cmdline_proc_show");
	patch_and_take_back("schedule");
	load_end(pids, n);
	return 0;
}
