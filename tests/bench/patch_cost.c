/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * patch_cost.c - the cost of enabling a patch, from the start of insmod until `transition` reads 0, by the
 * number of functions and of sleeping tasks. Prints lines "# bench NAME_N VALUE ns"; with QEMU's -icount a
 * nanosecond is an instruction. The suite only checks that enabling completes.
 *
 * configurations: cpus=1
 */
#define _GNU_SOURCE
#include <sched.h>
#include "klp.h"

#define PATCH	"bench_patch"

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* The time to enable a patch. livepatch-sample gives the least cost: a small module with one function. */
static int64_t time_enable(const char *file, const char *name, const char *args)
{
	int64_t start = now_ns();

	CHECK_EQ(insmod_args(file, args), 0);
	while (klp_read(name, "transition") == 1)
		sched_yield();
	start = now_ns() - start;
	klp_unload(name);
	return start;
}

static int64_t time_functions(const char *which, int n)
{
	char args[64];

	snprintf(args, sizeof(args), "%s=%d", which, n);
	return time_enable(PATCH, PATCH, args);
}

static void bench(const char *name, int n, int64_t ns)
{
	tap_line("# bench %s_%d %lld ns", name, n, (long long)ns);
}

static void enable_by_number_of_functions(void)
{
	static const int kernel[] = { 1, 8, 64 }, target[] = { 1, 10, 100, 500 };

	tap_line("# bench enable_one %lld ns",
		 (long long)time_enable("livepatch-sample", "livepatch_sample", ""));
	for (int i = 0; i < 3; i++)
		bench("enable_kernel", kernel[i], time_functions("kernel", kernel[i]));
	CHECK_EQ(insmod("bench_target"), 0);
	for (int i = 0; i < 4; i++)
		bench("enable_module", target[i], time_functions("target", target[i]));
	CHECK_EQ(rmmod("bench_target"), 0);
}

static void enable_by_number_of_sleepers(void)
{
	static const int sizes[] = { 10, 100, 1000 };
	static pid_t pids[1000];
	int born = 0;

	for (int i = 0; i < 3; i++) {
		for (; born < sizes[i]; born++) {
			pids[born] = fork();
			CHECK(pids[born] >= 0);
			while (!pids[born])
				pause();
		}
		sched_yield();
		bench("enable_among", sizes[i],
		      time_enable("livepatch-sample", "livepatch_sample", ""));
	}
	while (born--)
		kill(pids[born], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

int main(void)
{
	TAP_TEST(enable_by_number_of_functions);
	TAP_TEST(enable_by_number_of_sleepers);
	return tap_done();
}
