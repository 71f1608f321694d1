// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_force.c - force in each direction and what it costs: whose module can never be unloaded
 * again, and whose can. klp_forced and klp_forced2 are used here only, since they stay for
 * good.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "klp_clean.h"
#include "klp_story.h"
#include "klp_task.h"
#include "klp_text.h"

#define ANY	"klp_any"
#define ANY2	"klp_any2"
#define GONE	"klp_forced"
#define GONE2	"klp_forced2"
#define BLOCK	"objs=klp_target:target_block value=10"
#define FORCING	"forcing remaining tasks to the patched state\n"

static pid_t sleep_in_original(void)
{
	CHECK_EQ(insmod("klp_target"), 0);
	return start_reader("/proc/klp_target_block", "target_block");
}

static pid_t sleep_in(const char *patch)
{
	CHECK_EQ(insmod("klp_target"), 0);
	CHECK_EQ(insmod_args(patch, BLOCK " wait=1"), 0);
	klp_wait(patch);
	return start_reader("/proc/klp_target_block", "any_new_block");
}

static void stays_for_good(const char *module)
{
	char path[96], text[32];

	CHECK(!klp_exists(module));
	CHECK_EQ(rmmod(module), EWOULDBLOCK);
	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	CHECK_STR(slurp(path, text, sizeof(text)), "1");
	/* Its name is taken. */
	CHECK_EQ(insmod_args(module, BLOCK), EEXIST);
}

static void force_is_over_when_the_write_returns(void)
{
	pid_t sleeper = sleep_in_original();

	klp_log_clear();
	CHECK_EQ(insmod_args(ANY, BLOCK), 0);
	CHECK_EQ(klp_write(ANY, "force", "0"), 0);
	CHECK_EQ(klp_read(ANY, "transition"), 1);
	CHECK_EQ(klp_write(ANY, "force", "2"), EINVAL);
	CHECK_EQ(klp_write(ANY, "force", "1"), 0);
	CHECK_EQ(klp_read(ANY, "transition"), 0);
	CHECK_EQ(klp_read(ANY, "enabled"), 1);
	CHECK_EQ(patch_state(sleeper), -1);
	STORY(ENABLING(ANY) STARTING(ANY, "patching") FORCING COMPLETING(ANY, "patching") COMPLETE(ANY, "patching"));
	/* The sleeper ends in the old function, which is still there. */
	CHECK_EQ(task_letter(sleeper), 'S');
	end_child(sleeper);
	/* Once more: no transition any more. */
	CHECK_EQ(klp_write(ANY, "force", "1"), EINVAL);
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* Disabling looks at all stacks afresh, whatever force did before: the module can go. */
static void forced_enable_costs_nothing_for_ever(void)
{
	pid_t sleeper = sleep_in_original();
	char text[32];

	CHECK_EQ(insmod_args(ANY, BLOCK), 0);
	CHECK_EQ(klp_write(ANY, "force", "1"), 0);
	slurp("/proc/klp_target_release", text, sizeof(text));
	CHECK_EQ(wait_status(sleeper), 0);
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/*
 * Forced, and then turned to be disabled while somebody sleeps in the new version: that is
 * a stack check again.
 */
static void disable_after_a_forced_enable_waits_for_sleepers(void)
{
	pid_t old = sleep_in_original(), new;

	CHECK_EQ(insmod_args(ANY, BLOCK " wait=1"), 0);
	CHECK_EQ(klp_write(ANY, "force", "1"), 0);
	new = start_reader("/proc/klp_target_block", "any_new_block");
	CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
	CHECK_EQ(klp_read(ANY, "transition"), 1);
	CHECK_EQ(patch_state(old), 0);
	CHECK_EQ(patch_state(new), 1);
	end_child(new);
	klp_wait_gone(ANY);
	CHECK_EQ(rmmod(ANY), 0);
	end_child(old);
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void module_of_a_forced_disable_stays_for_good(void)
{
	pid_t sleeper = sleep_in(GONE);
	char text[32];

	klp_log_clear();
	CHECK_EQ(klp_write(GONE, "enabled", "0"), 0);
	CHECK_EQ(klp_write(GONE, "force", "1"), 0);
	STORY(INITIALIZING(GONE, "unpatching") STARTING(GONE, "unpatching") FORCING COMPLETING(GONE, "unpatching")
	      COMPLETE(GONE, "unpatching"));
	while (klp_exists(GONE))
		nap(500);
	stays_for_good(GONE);
	/* And it does not come back: nobody would see that the sleeper is in it. */
	CHECK_EQ(spit("/sys/module/" GONE "/parameters/again", "1"), EEXIST);
	/* What the sleeper returns into is still there. */
	CHECK_EQ(spit("/sys/module/" GONE "/parameters/wait", "0"), 0);
	CHECK_EQ(wait_status(sleeper), 0);
	stays_for_good(GONE);
	CHECK_STR(slurp("/proc/klp_target", text, sizeof(text)), "1 2 3");
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void modules_that_a_forced_replace_replaced_stay_for_good(void)
{
	pid_t sleeper = sleep_in(GONE2);

	CHECK_EQ(insmod_args(ANY, "objs=klp_target:target_alpha replace=1"), 0);
	CHECK_EQ(klp_read(ANY, "transition"), 1);
	CHECK_EQ(klp_write(ANY, "force", "1"), 0);
	CHECK_EQ(klp_read(ANY, "transition"), 0);
	while (klp_exists(GONE2))
		nap(500);
	stays_for_good(GONE2);
	CHECK_EQ(spit("/sys/module/" GONE2 "/parameters/wait", "0"), 0);
	CHECK_EQ(wait_status(sleeper), 0);
	stays_for_good(GONE2);
	/* The new patch was not left by anybody: it can go. */
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* Only what is being left is marked: patches beside a forced one stay removable. */
static void patches_beside_a_forced_one_can_go(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod_args(ANY2, "objs=vmlinux:version_proc_show"), 0);
	klp_wait(ANY2);
	sleeper = sleep_in_original();
	CHECK_EQ(insmod_args(ANY, BLOCK), 0);
	CHECK_EQ(klp_write(ANY, "force", "1"), 0);
	klp_unload(ANY2);
	end_child(sleeper);
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* A reversal that is forced: enabling is turned round, and what is left now is the patch. */
static void a_reversal_that_needs_no_force_cannot_be_forced(void)
{
	pid_t sleeper = sleep_in_original();

	CHECK_EQ(insmod_args(ANY, BLOCK), 0);
	CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
	/* The sleeper is in the old version: the reversal was complete at once. */
	klp_wait_gone(ANY);
	CHECK_EQ(klp_write(ANY, "force", "1"), ENOENT);
	CHECK_EQ(rmmod(ANY), 0);
	end_child(sleeper);
	CHECK_EQ(rmmod("klp_target"), 0);
}

int main(void)
{
	klp_text_remember();
	KLP_TEST(force_is_over_when_the_write_returns);
	KLP_TEST(forced_enable_costs_nothing_for_ever);
	KLP_TEST(disable_after_a_forced_enable_waits_for_sleepers);
	KLP_TEST(module_of_a_forced_disable_stays_for_good);
	KLP_TEST(modules_that_a_forced_replace_replaced_stay_for_good);
	KLP_TEST(patches_beside_a_forced_one_can_go);
	KLP_TEST(a_reversal_that_needs_no_force_cannot_be_forced);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
