/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * livepatch.c - live patching from the view of an administrator. Each test checks a claim of
 * docs/livepatch.md.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "klp_story.h"
#include "klp_task.h"
#include "klp_text.h"

#define SAMPLE		"livepatch_sample"
#define SAMPLE_KO	"livepatch-sample"
#define ORACLE		"klp_oracle"
#define PATCH		"klp_oracle_patch"

/* Starts a child that sleeps in the old oracle_outer(). The read of the child must succeed in the end. */
static pid_t start_sleeper(void)
{
	return start_reader("/proc/oracle_block", "oracle_outer");
}

static void release_sleepers(void)
{
	char buf[32];

	slurp("/proc/oracle_release", buf, sizeof(buf));
}

/* ---- the sample ------------------------------------------------------------------------ */

static void sample_changes_cmdline_and_gives_it_back(void)
{
	char original[4096], text[4096];

	slurp("/proc/cmdline", original, sizeof(original));
	CHECK(!strstr(original, "live patched"));
	for (int round = 0; round < 3; round++) {
		CHECK_EQ(insmod(SAMPLE_KO), 0);
		klp_wait(SAMPLE);
		CHECK_EQ(klp_read(SAMPLE, "enabled"), 1);
		CHECK_STR(slurp("/proc/cmdline", text, sizeof(text)), SAMPLE ": this has been live patched");
		klp_unload(SAMPLE);
		CHECK_STR(slurp("/proc/cmdline", text, sizeof(text)), original);
	}
}

static void log_of_enable_and_disable_has_the_lines_in_order(void)
{
	klp_log_clear();
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	klp_unload(SAMPLE);
	STORY(ENABLED(SAMPLE) DISABLED(SAMPLE));
}

static void enabled_patch_cannot_be_unloaded_or_loaded_twice(void)
{
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	CHECK_EQ(rmmod(SAMPLE), EWOULDBLOCK);
	CHECK_EQ(insmod(SAMPLE_KO), EEXIST);
	klp_unload(SAMPLE);
}

static void patch_state_is_idle_outside_a_transition(void)
{
	CHECK_EQ(patch_state(1), -1);
	CHECK_EQ(patch_state(getpid()), -1);
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	CHECK_EQ(patch_state(1), -1);
	CHECK_EQ(patch_state(getpid()), -1);
	klp_unload(SAMPLE);
}

/* ---- a task that blocks ------------------------------------------------------------------- */

static void sleeper_in_a_patched_function_blocks_and_is_named(void)
{
	char blockers[4096], line[64];
	pid_t sleeper = start_sleeper();

	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(klp_read(PATCH, "enabled"), 1);
	CHECK_EQ(patch_state(sleeper), 0);
	CHECK_EQ(patch_state(getpid()), 1);
	/* All other tasks change over without help, on a busy machine a moment later. */
	while (strchr(slurp(KLP_SYSFS "/" PATCH "/blockers", blockers, sizeof(blockers)), '\n'))
		sched_yield();
	snprintf(line, sizeof(line), "%d livepatch ", sleeper);
	CHECK(strstr(blockers, line) == blockers);
	CHECK(strstr(blockers, "asleep in oracle_outer+0x") != NULL);
	release_sleepers();
	klp_wait(PATCH);
	CHECK_EQ(wait_status(sleeper), 0);
	CHECK_STR(slurp(KLP_SYSFS "/" PATCH "/blockers", blockers, sizeof(blockers)), "");
	klp_unload(PATCH);
}

static void signal_file_frees_a_sleeper_without_eintr(void)
{
	pid_t sleeper = start_sleeper();

	klp_log_clear();
	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(klp_write(PATCH, "signal", "1"), 0);
	klp_wait(PATCH);
	CHECK(strstr(klp_log_lines(), "signaling remaining tasks\n") != NULL);
	CHECK_EQ(wait_status(sleeper), 0);
	klp_unload(PATCH);
}

static void automatic_signal_comes_after_its_period(void)
{
	pid_t sleeper = start_sleeper();

	klp_log_clear();
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "100"), 0);
	CHECK_EQ(insmod(PATCH), 0);
	klp_wait(PATCH);
	CHECK(strstr(klp_log_lines(), "signaling remaining tasks\n") != NULL);
	CHECK_EQ(wait_status(sleeper), 0);
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "15000"), 0);
	klp_unload(PATCH);
}

static void reversal_completes_while_the_sleeper_stays_in_old_code(void)
{
	pid_t sleeper = start_sleeper();

	klp_log_clear();
	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	klp_wait_gone(PATCH);
	CHECK_EQ(task_letter(sleeper), 'S');
	STORY(ENABLING(PATCH) STARTING(PATCH, "patching") REVERSING(PATCH, "patching", "unpatching")
	      STARTING(PATCH, "unpatching") COMPLETING(PATCH, "unpatching") COMPLETE(PATCH, "unpatching"));
	CHECK_EQ(rmmod(PATCH), 0);
	release_sleepers();
	CHECK_EQ(wait_status(sleeper), 0);
}

static void reversal_of_a_disable_keeps_the_patch(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod(PATCH), 0);
	klp_wait(PATCH);
	sleeper = start_sleeper();	/* sleeps in the new oracle_outer() */
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(klp_read(PATCH, "enabled"), 0);
	CHECK_EQ(patch_state(sleeper), 1);
	CHECK_EQ(klp_write(PATCH, "enabled", "1"), 0);
	klp_wait(PATCH);
	CHECK_EQ(klp_read(PATCH, "enabled"), 1);
	release_sleepers();
	CHECK_EQ(wait_status(sleeper), 0);
	klp_unload(PATCH);
}

static void second_patch_during_a_transition_is_busy(void)
{
	pid_t sleeper = start_sleeper();

	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(insmod(SAMPLE_KO), EBUSY);
	CHECK(!klp_exists(SAMPLE));
	release_sleepers();
	klp_wait(PATCH);
	CHECK_EQ(wait_status(sleeper), 0);
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	CHECK_EQ(klp_read(SAMPLE, "stack_order"), 2);
	klp_unload(PATCH);
	CHECK_EQ(klp_read(SAMPLE, "stack_order"), 1);
	klp_unload(SAMPLE);
}

/* ---- tasks that never sleep ------------------------------------------------------------------ */

static void spin(void *arg)
{
	for (volatile unsigned long n = 0;; n++)
		;
}

static void cpu_bound_tasks_change_over_without_a_signal(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pid_t spinners[64];

	CHECK(cpus <= 32);
	for (long i = 0; i < 2 * cpus; i++)
		spinners[i] = start_child(spin, NULL);
	klp_log_clear();
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	klp_unload(SAMPLE);
	CHECK(strstr(klp_log_lines(), "signaling") == NULL);
	for (long i = 0; i < 2 * cpus; i++)
		end_child(spinners[i]);
}

static void stopped_task_does_not_block_a_patch_it_is_not_in(void)
{
	pid_t child = start_child(spin, NULL);

	CHECK_EQ(kill(child, SIGSTOP), 0);
	while (task_letter(child) != 'T')
		nap(500);
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	klp_unload(SAMPLE);
	CHECK_EQ(task_letter(child), 'T');
	end_child(child);
}

/* ---- the log must not have a warning ------------------------------------------------ */

static void nothing_was_warned_about(void)
{
	CHECK(strstr(klp_log(), "WARNING") == NULL);
	CHECK(strstr(klp_log(), "safety pass") == NULL);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(sample_changes_cmdline_and_gives_it_back);
	TAP_TEST(log_of_enable_and_disable_has_the_lines_in_order);
	TAP_TEST(enabled_patch_cannot_be_unloaded_or_loaded_twice);
	TAP_TEST(patch_state_is_idle_outside_a_transition);
	TAP_TEST(cpu_bound_tasks_change_over_without_a_signal);
	TAP_TEST(stopped_task_does_not_block_a_patch_it_is_not_in);
	if (insmod(ORACLE) == 0) {
		TAP_TEST(sleeper_in_a_patched_function_blocks_and_is_named);
		TAP_TEST(signal_file_frees_a_sleeper_without_eintr);
		TAP_TEST(automatic_signal_comes_after_its_period);
		TAP_TEST(reversal_completes_while_the_sleeper_stays_in_old_code);
		TAP_TEST(reversal_of_a_disable_keeps_the_patch);
		TAP_TEST(second_patch_during_a_transition_is_busy);
		tap_result(rmmod(ORACLE) == 0, "target_module_unloads_after_all", "");
	} else {
		tap_result(0, "oracle_loads", "");
	}
	TAP_TEST(nothing_was_warned_about);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
