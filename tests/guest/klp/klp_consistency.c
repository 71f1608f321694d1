/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_consistency.c - the consistency oracle under load. Workers run the pair of functions of
 * klp_oracle.c from every context, while the pair is patched, reversed and unpatched in a loop.
 * No task mixes the versions of a pair, runs a version that its state forbids, or runs a version
 * after its patch is gone. Random choices come from TAP_SEED.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include "klp.h"
#include "klp_text.h"

#define ORACLE	"klp_oracle"
#define PATCH	"klp_oracle_patch"
#define ROUNDS	40

struct record {
	long old, new, mixed, wrong_state, retired, in_interrupt, turned_twice, left_behind, stateless, irq_mixed;
};

static struct record read_record(void)
{
	struct record r = { 0 };
	char buf[256];

	slurp("/proc/oracle_record", buf, sizeof(buf));
	CHECK_EQ(sscanf(buf, "old %ld new %ld mixed %ld wrong_state %ld retired %ld in_interrupt %ld turned_twice %ld "
			"left_behind %ld stateless %ld irq_mixed %ld", &r.old, &r.new, &r.mixed, &r.wrong_state,
			&r.retired, &r.in_interrupt, &r.turned_twice, &r.left_behind, &r.stateless, &r.irq_mixed), 10);
	return r;
}

/* Checks the invariants of the oracle; klp_oracle.c explains them. */
static void check_record(void)
{
	struct record r = read_record();

	CHECK_EQ(r.mixed, 0);
	CHECK_EQ(r.wrong_state, 0);
	CHECK_EQ(r.turned_twice, 0);
	CHECK_EQ(r.left_behind, 0);
	CHECK_EQ(r.retired, 0);
	CHECK_EQ(r.stateless, 0);
	CHECK_EQ(r.irq_mixed, 0);
}

/* Writes to the file `enabled`, which may reverse a transition. */
static int set_enabled(const char *text)
{
	char buf[32];
	int error;

	slurp("/proc/oracle_turn", buf, sizeof(buf));
	error = klp_write(PATCH, "enabled", text);
	slurp("/proc/oracle_turn", buf, sizeof(buf));
	return error;
}

static long interrupts_seen(void)
{
	return read_record().in_interrupt;
}

static void run_pairs(const char *path)
{
	char buf[32];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		slurp(path, buf, sizeof(buf));
}

/* Forks children that run one pair each and exit, so that tasks start and end in the middle of transitions. */
static void run_forks(void)
{
	char buf[32];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		pid_t pid = fork();

		if (pid == 0) {
			slurp("/proc/oracle_yield", buf, sizeof(buf));
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
}

static pid_t worker(const char *path)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid)
		return pid;
	if (path)
		run_pairs(path);
	run_forks();
	_exit(1);
}

static void patch_round(uint32_t *seed)
{
	CHECK_EQ(insmod(PATCH), 0);
	if (prng(seed) % 4 == 0) {
		/* This write comes during the transition or just after it. Both are legal, and the patch goes. */
		CHECK_EQ(set_enabled("0"), 0);
		klp_wait_gone(PATCH);
		CHECK_EQ(rmmod(PATCH), 0);
		return;
	}
	klp_wait(PATCH);
	nap(prng(seed) % 3000);
	CHECK_EQ(set_enabled("0"), 0);
	if (prng(seed) % 4 == 0 && set_enabled("1") == 0) {
		klp_wait(PATCH);
		CHECK_EQ(set_enabled("0"), 0);
	}
	klp_wait_gone(PATCH);
	CHECK_EQ(rmmod(PATCH), 0);
}

/*
 * One sleeper keeps a transition open while all other tasks sleep. The timer that runs the pair
 * then interrupts idle tasks. Idle tasks have a patch state like all tasks.
 */
static void idle_tasks_take_part_in_a_transition(void)
{
	char path[64], stack[2048], buf[32];
	pid_t sleeper;
	long seen;

	CHECK_EQ(insmod(ORACLE), 0);
	sleeper = worker("/proc/oracle_block");
	snprintf(path, sizeof(path), "/proc/%d/stack", sleeper);
	while (!strstr(slurp(path, stack, sizeof(stack)), "oracle_outer"))
		nap(500);
	CHECK_EQ(insmod(PATCH), 0);
	seen = interrupts_seen();
	while (interrupts_seen() < seen + 50)
		nap(20000);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	check_record();
	CHECK_EQ(kill(sleeper, SIGKILL), 0);
	slurp("/proc/oracle_release", buf, sizeof(buf));
	CHECK_EQ(waitpid(sleeper, NULL, 0), sleeper);
	klp_wait(PATCH);
	klp_unload(PATCH);
	check_record();
	CHECK_EQ(rmmod(ORACLE), 0);
}

static void no_task_ever_mixes_versions(void)
{
	static const char *const paths[] = { "/proc/oracle_none", "/proc/oracle_yield", "/proc/oracle_sleep", NULL };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t seed = (uint32_t)tap_seed() | 1;
	pid_t workers[64];
	struct record r;
	int n = 0;

	CHECK_EQ(insmod(ORACLE), 0);
	for (long cpu = 0; cpu < (cpus < 8 ? cpus : 8); cpu++)
		for (int kind = 0; kind < 4; kind++)
			workers[n++] = worker(paths[kind]);
	for (int round = 0; round < ROUNDS; round++) {
		/* The runner takes a long silence for a hang. */
		if (round % 8 == 0)
			tap_line("# round %d of %d", round, ROUNDS);
		patch_round(&seed);
		check_record();
	}
	for (int i = 0; i < n; i++) {
		CHECK_EQ(kill(workers[i], SIGKILL), 0);
		CHECK_EQ(waitpid(workers[i], NULL, 0), workers[i]);
	}
	r = read_record();
	tap_line("# old %ld new %ld in_interrupt %ld: mixed %ld wrong_state %ld turned_twice %ld left_behind %ld retired %ld "
		 "stateless %ld irq_mixed %ld", r.old, r.new, r.in_interrupt, r.mixed, r.wrong_state, r.turned_twice,
		 r.left_behind, r.retired, r.stateless, r.irq_mixed);
	CHECK(r.old > ROUNDS);
	CHECK(r.new > 0);
	CHECK(r.in_interrupt > 0);
	check_record();
}

/*
 * A kernel thread that runs the pair and never looks at itself changes over in an interrupt, at any
 * instruction: also in the pair's callers, in the selector and in a trampoline.
 */
static void a_thread_that_is_judged_in_interrupts_mixes_nothing(void)
{
	uint32_t seed = (uint32_t)tap_seed() | 1;
	struct record before;

	if (sysconf(_SC_NPROCESSORS_ONLN) == 1)
		tap_skip("the thread would have the only CPU for itself");
	CHECK_EQ(insmod_args(ORACLE, "thread=1"), 0);
	before = read_record();
	for (int round = 0; round < ROUNDS; round++) {
		patch_round(&seed);
		check_record();
	}
	CHECK(read_record().new > before.new);
	CHECK_EQ(rmmod(ORACLE), 0);
}

/* Force gives up consistency on purpose, and the oracle must see that. The test proves that the oracle can fail. */
static void oracle_sees_what_force_breaks(void)
{
	struct record before = read_record(), after;
	pid_t sleeper = worker("/proc/oracle_block");
	char buf[32], path[64], stack[2048];

	snprintf(path, sizeof(path), "/proc/%d/stack", sleeper);
	while (!strstr(slurp(path, stack, sizeof(stack)), "oracle_outer"))
		nap(500);
	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(klp_write(PATCH, "force", "1"), 0);
	klp_wait(PATCH);
	slurp("/proc/oracle_release", buf, sizeof(buf));
	do {
		nap(500);
		after = read_record();
	} while (after.mixed == before.mixed);
	CHECK(after.left_behind > before.left_behind);
	CHECK_EQ(kill(sleeper, SIGKILL), 0);
	CHECK_EQ(waitpid(sleeper, NULL, 0), sleeper);
	klp_unload(PATCH);
}

static void nothing_was_warned_about(void)
{
	CHECK(strstr(klp_log(), "WARNING") == NULL);
	CHECK(strstr(klp_log(), "safety pass") == NULL);
}

int main(void)
{
	klp_log_clear();
	klp_text_remember();
	TAP_TEST(idle_tasks_take_part_in_a_transition);
	TAP_TEST(a_thread_that_is_judged_in_interrupts_mixes_nothing);
	TAP_TEST(no_task_ever_mixes_versions);
	TAP_TEST(oracle_sees_what_force_breaks);
	TAP_TEST(nothing_was_warned_about);
	tap_result(rmmod(ORACLE) == 0, "target_module_unloads_after_all", "");
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
