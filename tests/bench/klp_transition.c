/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_transition.c - the duration of transitions. "enable": from the start of insmod until `transition` reads
 * 0, which is how long an administrator waits. "converge": from the kernel's line "starting patching
 * transition" to "patching complete", by the times of the log; among CPU-bound tasks a measurement by the
 * administrator's process would also measure its own share of the CPU. "complete": from the event that
 * releases a blocked task until `transition` reads 0. Prints lines "# bench NAME VALUE UNIT"; the suite only
 * checks that transitions complete.
 *
 * configurations: cpus=1,2,4
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include "klp.h"

#define SAMPLE		"livepatch_sample"
#define SAMPLE_KO	"livepatch-sample"
#define ORACLE		"klp_oracle"
#define PATCH		"klp_oracle_patch"
#define REPEAT		5

static void bench(const char *name, long n, uint64_t us)
{
	tap_line("# bench %s_%ld %lu us", name, n, (unsigned long)us);
}

/* There is no pause in the loop, because a pause of the reader would be measured too. */
static void spin_until_settled(const char *patch)
{
	while (klp_read(patch, "transition") == 1)
		;
}

static uint64_t time_enable(bool by_log)
{
	uint64_t start = now_us(), end;

	klp_log_clear();
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	spin_until_settled(SAMPLE);
	end = now_us();
	if (by_log) {
		start = klp_log_us("starting patching transition");
		end = klp_log_us("patching complete");
	}
	klp_unload(SAMPLE);
	return end - start;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void bench_enable(const char *name, long n, bool by_log)
{
	uint64_t times[REPEAT];
	char worst[64];

	for (int i = 0; i < REPEAT; i++)
		times[i] = time_enable(by_log);
	qsort(times, REPEAT, sizeof(times[0]), by_value);
	bench(name, n, times[REPEAT / 2]);
	snprintf(worst, sizeof(worst), "%s_worst", name);
	bench(worst, n, times[REPEAT - 1]);
}

static void start_children(pid_t *pids, long n, bool spin)
{
	for (long i = 0; i < n; i++) {
		pids[i] = fork();
		CHECK(pids[i] >= 0);
		if (pids[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (!spin)
				pause();
			for (volatile long k = 0;; k++)
				;
		}
	}
}

static void end_children(pid_t *pids, long n)
{
	for (long i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	for (long i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
}

static void enable_with_sleeping_tasks(void)
{
	static const long counts[] = { 10, 1000, 2000, 5000 };
	static pid_t pids[5000];

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		start_children(pids, counts[i], false);
		bench_enable("enable_us_sleepers", counts[i], false);
		end_children(pids, counts[i]);
	}
}

static void enable_with_cpu_bound_tasks(void)
{
	static const long counts[] = { 4, 64 };
	static pid_t pids[64];

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		start_children(pids, counts[i], true);
		bench_enable("converge_us_cpu_bound", counts[i], true);
		end_children(pids, counts[i]);
	}
}

static pid_t start_blocked(void)
{
	char path[64], stack[2048], buf[32];
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		slurp("/proc/oracle_block", buf, sizeof(buf));
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	while (!strstr(slurp(path, stack, sizeof(stack)), "oracle_outer"))
		nap(500);
	return pid;
}

static void completion_after_a_blocked_task_leaves(void)
{
	uint64_t start, leave[REPEAT], kick[REPEAT];
	char buf[32];
	pid_t pid;

	CHECK_EQ(insmod(ORACLE), 0);
	for (int i = 0; i < 2 * REPEAT; i++) {
		bool by_signal = i >= REPEAT;

		pid = start_blocked();
		CHECK_EQ(insmod(PATCH), 0);
		CHECK_EQ(klp_read(PATCH, "transition"), 1);
		start = now_us();
		if (by_signal)
			CHECK_EQ(klp_write(PATCH, "signal", "1"), 0);
		else
			slurp("/proc/oracle_release", buf, sizeof(buf));
		spin_until_settled(PATCH);
		(by_signal ? kick : leave)[i % REPEAT] = now_us() - start;
		waitpid(pid, NULL, 0);
		klp_unload(PATCH);
	}
	qsort(leave, REPEAT, sizeof(leave[0]), by_value);
	qsort(kick, REPEAT, sizeof(kick[0]), by_value);
	bench("complete_us_after_leaving", 1, leave[REPEAT / 2]);
	bench("complete_us_after_leaving_worst", 1, leave[REPEAT - 1]);
	bench("complete_us_after_signal", 1, kick[REPEAT / 2]);
	bench("complete_us_after_signal_worst", 1, kick[REPEAT - 1]);
	CHECK_EQ(rmmod(ORACLE), 0);
}

int main(void)
{
	TAP_TEST(enable_with_sleeping_tasks);
	TAP_TEST(enable_with_cpu_bound_tasks);
	TAP_TEST(completion_after_a_blocked_task_leaves);
	return tap_done();
}
