/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_latency.c - the cost of live patching for other tasks, and its duration, for
 * system/test_klp_latency.py.
 *
 * klp_latency locks N: among N sleeping tasks, prints for each step of a transition the longest hold of a
 * spinlock and the longest time with interrupts off since the previous step (/proc/lock_stat, measured by
 * debug builds):
 *
 *	latency STEP hold NS LOCK irq_off NS BY
 *
 * klp_latency sleepers N, spinners N, leave: the longest of five transitions, among N tasks that sleep,
 * among N tasks that never sleep, and measured from the moment a task leaves the function that is being
 * patched:
 *
 *	time WHAT N NS
 */
#define _GNU_SOURCE
#include "klp_load.h"

#define MAX_TASKS	10000

static pid_t pids[MAX_TASKS];

/* Prints the largest values of all CPUs, and begins the measurement anew. */
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

/* Either no task sleeps in @function, or all tasks do (schedule) and have to be kicked. */
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

/* ---- times ------------------------------------------------------------------------------ */

#define REPEAT	5

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/*
 * The time is the one in the kernel's log, because the share of the CPU that this process gets among spinning
 * tasks must not count.
 */
static void time_among(const char *what, void (*body)(void), int n)
{
	uint64_t took, worst = 0;

	for (int i = 0; i < n; i++)
		pids[i] = load_start(body);
	for (int i = 0; i < REPEAT; i++) {
		klp_log_clear();
		CHECK_EQ(pass_insmod("cmdline_proc_show", ""), 0);
		klp_wait(PASS);
		took = (klp_log_us("patching complete") - klp_log_us("enabling patch")) * 1000;
		worst = took > worst ? took : worst;
		pass_unload();
	}
	printf("time %s %d %lu\n", what, n, (unsigned long)worst);
	fflush(stdout);
	load_end(pids, n);
}

static void sleep_in_pipe(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1)
		;
}

/* A reader sleeps in pipe_read() until it gets a byte. */
static void time_leaving(void)
{
	uint64_t start, took, worst = 0;
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	dup2(fds[0], STDIN_FILENO);
	pids[0] = load_start(sleep_in_pipe);
	for (int i = 0; i < REPEAT; i++) {
		wait_in(pids[0], "pipe_read");
		CHECK_EQ(pass_insmod("pipe_read", ""), 0);
		CHECK_EQ(klp_read(PASS, "transition"), 1);
		start = now_ns();
		CHECK_EQ(write(fds[1], "x", 1), 1);
		while (klp_read(PASS, "transition") == 1)
			sched_yield();
		took = now_ns() - start;
		worst = took > worst ? took : worst;
		pass_unload();
	}
	printf("time leave 1 %lu\n", (unsigned long)worst);
	load_end(pids, 1);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 1;

	CHECK(n > 0 && n <= MAX_TASKS);
	if (strcmp(what, "locks") == 0) {
		for (int i = 0; i < n; i++)
			pids[i] = load_start(load_sleep);
		patch_and_take_back("cmdline_proc_show");
		patch_and_take_back("schedule");
		load_end(pids, n);
	} else if (strcmp(what, "sleepers") == 0) {
		time_among(what, load_sleep, n);
	} else if (strcmp(what, "spinners") == 0) {
		time_among(what, load_spin, n);
	} else if (strcmp(what, "leave") == 0) {
		time_leaving();
	} else {
		CHECK_FAIL("klp_latency locks|sleepers|spinners|leave [N]");
	}
	return 0;
}
