/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_storm.c - the consistency oracle in a storm of forks, clones, execs, exits and signals. Its
 * pair is patched, and the transition is reversed every few milliseconds, at any point. A second
 * patch is refused during the transition. Random choices come from TAP_SEED.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include "asleep.h"
#include "klp_crowd.h"
#include "klp_text.h"

#define ORACLE	"klp_oracle"
#define PATCH	"klp_oracle_patch"
#define ROUNDS	50

static void oracle_none(void)
{
	char buf[32];

	for (;;)
		slurp("/proc/oracle_none", buf, sizeof(buf));
}

static void oracle_sleep(void)
{
	char buf[32];

	for (;;)
		slurp("/proc/oracle_sleep", buf, sizeof(buf));
}

/* Forks children that run the pair once and exit, so that tasks start and end during the transition. */
static void oracle_fork(void)
{
	char buf[32];

	for (;;) {
		pid_t pid = fork();

		if (pid == 0) {
			slurp("/proc/oracle_yield", buf, sizeof(buf));
			_exit(0);
		}
		crowd_reap(pid, 0);
	}
}

/* Signals with handlers interrupt the tasks that run the pair. */
static void oracle_signals(void)
{
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } };

	signal(SIGALRM, crowd_count_signal);
	setitimer(ITIMER_REAL, &every, NULL);
	oracle_sleep();
}

static long read_record(const char *field)
{
	char buf[256], *at;

	at = strstr(slurp("/proc/oracle_record", buf, sizeof(buf)), field);
	CHECK(at != NULL);
	return strtol(at + strlen(field), NULL, 10);
}

/* Reverses the transition several times. Returns the number of reversals before the patch was gone. */
static int turn_round(uint32_t *seed)
{
	int turns = 0;

	CHECK_EQ(insmod(PATCH), 0);
	for (int limit = (int)(prng(seed) % 12); turns < limit; turns++) {
		nap(prng(seed) % 2000);
		/* The write fails if the patch has completed its disable and is gone. */
		if (klp_write(PATCH, "enabled", turns % 2 ? "1" : "0"))
			break;
	}
	klp_write(PATCH, "enabled", "0");	/* fails with EINVAL if the patch is being disabled already */
	klp_wait_gone(PATCH);
	CHECK_EQ(rmmod(PATCH), 0);
	return turns;
}

static void no_pair_is_mixed_in_the_storm(void)
{
	uint32_t seed = (uint32_t)tap_seed() | 1;
	pid_t pids[4];
	int turns = 0;

	CHECK_EQ(insmod(ORACLE), 0);
	crowd_gather();
	pids[0] = load_start(oracle_none);
	pids[1] = load_start(oracle_sleep);
	pids[2] = load_start(oracle_fork);
	pids[3] = load_start(oracle_signals);
	for (int round = 0; round < ROUNDS; round++)
		turns += turn_round(&seed);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(waitpid(pids[i], NULL, WNOHANG), 0);
	load_end(pids, 4);
	crowd_disperse();
	tap_line("# turned round %d times: old %ld new %ld", turns, read_record("old "), read_record("new "));
	CHECK(read_record("old ") > 0 && read_record("new ") > 0);
	CHECK_EQ(read_record("mixed "), 0);
	CHECK_EQ(read_record("wrong_state "), 0);
	CHECK_EQ(read_record("retired "), 0);
	CHECK_EQ(rmmod(ORACLE), 0);
}

/*
 * All tasks sleep in schedule(): the transition stays open, and a second patch is refused
 * before it has any effect.
 */
static void second_patch_is_busy_before_any_work(void)
{
	pid_t sleeper = load_start(load_sleep);
	char after[4096];

	/* A child that is preempted on its way to pause() is in schedule() as well, so wait until it is in pause(). */
	wait_in(sleeper, "sys_pause");
	wait_asleep(sleeper);
	CHECK_EQ(pass_insmod("schedule", ""), 0);
	klp_log_clear();
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(insmod("livepatch-sample"), EBUSY);
		CHECK(!klp_exists("livepatch_sample"));
	}
	CHECK(strstr(klp_log_lines(), "enabling patch") == NULL);
	CHECK(strstr(klp_log_lines(), "transition\n") == NULL);
	CHECK_EQ(patch_state(sleeper), 0);
	slurp("/proc/cmdline", after, sizeof(after));
	CHECK(strstr(after, "live patched") == NULL);
	pass_settle();
	pass_unload();
	load_end(&sleeper, 1);
}

static void nothing_was_complained_about(void)
{
	check_log_is_clean();
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(no_pair_is_mixed_in_the_storm);
	TAP_TEST(second_patch_is_busy_before_any_work);
	TAP_TEST(nothing_was_complained_about);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
