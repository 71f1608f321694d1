/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook_cost.c - the cost of a hook for a call: getpid when it is unpatched, during a transition, and when it
 * is patched, in ns a call (under -icount, instructions: tests/bench/icount.py). Prints lines "# bench NAME
 * VALUE ns".
 *
 * configurations: cpus=1
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/prctl.h>
#include "klp.h"

#define PATCH	"klp_cost"
#define CALLS	20000

static uint64_t now_ns(void)
{
	struct timespec t;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void bench_getpid(const char *name)
{
	uint64_t start, end;

	for (int i = 0; i < 100; i++)
		syscall(SYS_getpid);
	start = now_ns();
	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getpid);
	end = now_ns();
	tap_line("# bench getpid_%s %.1f ns", name, (double)(end - start) / CALLS);
}

static void cost_of_a_hook(void)
{
	char path[64], stack[2048];
	pid_t sleeper = fork();

	CHECK(sleeper >= 0);
	if (sleeper == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			nap(1000000000);
	}
	snprintf(path, sizeof(path), "/proc/%d/stack", sleeper);
	while (!strstr(slurp(path, stack, sizeof(stack)), "sleep_until_interruptible"))
		sched_yield();
	bench_getpid("unpatched");
	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	bench_getpid("in_transition");
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(klp_write(PATCH, "signal", "1"), 0);
	while (klp_read(PATCH, "transition") == 1)
		sched_yield();
	bench_getpid("patched");
	kill(sleeper, SIGKILL);
	waitpid(sleeper, NULL, 0);
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	while (klp_exists(PATCH))
		sched_yield();
	bench_getpid("unpatched_again");
}

#define TRACING	"/sys/kernel/tracing/"

static void cost_of_tracing(void)
{
	CHECK_EQ(spit(TRACING "set_ftrace_filter", "__x64_sys_getpid"), 0);
	bench_getpid("untraced");
	CHECK_EQ(spit(TRACING "current_tracer", "function"), 0);
	bench_getpid("function_traced");
	CHECK_EQ(spit(TRACING "current_tracer", "function_graph"), 0);
	bench_getpid("graph_traced");
	CHECK_EQ(spit(TRACING "current_tracer", "nop"), 0);
	CHECK_EQ(spit(TRACING "set_ftrace_filter", ""), 0);
	CHECK_EQ(spit(TRACING "set_event", "raw_syscalls:sys_exit"), 0);
	bench_getpid("with_one_event");
	CHECK_EQ(spit(TRACING "set_event", ""), 0);
}

int main(void)
{
	/* This test comes first: work that a patch leaves behind is done later, and would be measured here. */
	TAP_TEST(cost_of_tracing);
	TAP_TEST(cost_of_a_hook);
	return tap_done();
}
