/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_look.c - a look at a stack belongs to one direction of one transition. While a thread is about
 * to look at its own stack, the transition is reversed twice, or another transition begins.
 * klp_look_gates, a patch of the core, holds the thread between the steps of its look.
 */
#define _GNU_SOURCE
#include "klp_task.h"
#include "asleep.h"

#define LOOK	"klp_look"
#define PATCH	"klp_look_patch"
#define GATES	"klp_look_gates"
#define ANY	"klp_any"

static int param(const char *module, const char *name)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	return atoi(slurp(path, text, sizeof(text)));
}

static void set_param(const char *module, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	CHECK_EQ(spit(path, value), 0);
}

static void wait_param(const char *module, const char *name, int value)
{
	while (param(module, name) != value)
		nap(500);
}

static pid_t thread_pid(void)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	char path[300], comm[32];
	pid_t pid = 0;

	CHECK(proc != NULL);
	while (!pid && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (strcmp(slurp(path, comm, sizeof(comm)), "look_thread") == 0)
			pid = atoi(entry->d_name);
	}
	closedir(proc);
	CHECK(pid > 0);
	return pid;
}

static pid_t load(const char *how)
{
	char args[32];

	snprintf(args, sizeof(args), "how=%s", how);
	CHECK_EQ(insmod(GATES), 0);
	klp_wait(GATES);
	CHECK_EQ(insmod_args(LOOK, args), 0);
	return thread_pid();
}

/* The thread has left its outer function. That function has called the inner function of the same version. */
static void check_unmixed(void)
{
	set_param(LOOK, "leave", "1");
	while (param(LOOK, "mixed") == -1)
		nap(500);
	CHECK_EQ(param(LOOK, "mixed"), 0);
}

static void unload(void)
{
	CHECK_EQ(rmmod(LOOK), 0);
	klp_unload(GATES);
}

/* A child that sleeps in @function, in the present direction of the transition. */
static void sleeper(const char *patch, const char *function)
{
	while (klp_read(patch, "transition") == 1 &&
	       patch_state(getpid()) != klp_read(patch, "enabled"))
		nap(500);
	wait_in(start_child(read_once, "/proc/klp_look_block"), function);
}

/* Reverses the transition twice. The look of the thread continues during the second reversal, between its two steps. */
static void turn_round_twice(const char *there, const char *back, const char *function)
{
	wait_param(GATES, "at", 1);
	sleeper(PATCH, function);		/* keeps the opposite direction open */
	CHECK_EQ(klp_write(PATCH, "enabled", there), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	set_param(GATES, "stage", "2");
	CHECK_EQ(klp_write(PATCH, "enabled", back), 0);
	wait_param(GATES, "over", 1);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
}

static void look_that_began_before_an_enable_was_turned_round_twice(const char *how)
{
	pid_t thread = load(how);

	set_param(LOOK, "go", "1");
	wait_param(LOOK, "inside", 1);
	sleeper("", "look_block+0x");		/* keeps the transition open even if the thread changes over */
	set_param(GATES, "stage", "1");
	CHECK_EQ(insmod(PATCH), 0);
	turn_round_twice("0", "1", "look_new_block+0x");
	CHECK_EQ(patch_state(thread), 0);
	check_unmixed();
	klp_wait(PATCH);
	while (wait(NULL) > 0)
		;
	klp_unload(PATCH);
	unload();
}

static void look_that_began_before_a_disable_was_turned_round_twice(const char *how)
{
	pid_t thread = load(how);

	CHECK_EQ(insmod(PATCH), 0);
	klp_wait(PATCH);
	set_param(LOOK, "go", "1");
	wait_param(LOOK, "inside", 2);
	sleeper(PATCH, "look_new_block+0x");
	set_param(GATES, "stage", "1");
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	turn_round_twice("1", "0", "look_block+0x");
	/* The thread is in an outer function of the patch. If the transition ended, this function would be freed. */
	CHECK_EQ(patch_state(thread), 1);
	check_unmixed();
	klp_wait_gone(PATCH);
	while (wait(NULL) > 0)
		;
	CHECK_EQ(rmmod(PATCH), 0);
	unload();
}

static void look_outlives_a_double_reversal_of_enabling_in_cond_resched(void)
{
	look_that_began_before_an_enable_was_turned_round_twice("resched");
}

static void look_outlives_a_double_reversal_of_enabling_in_yield(void)
{
	look_that_began_before_an_enable_was_turned_round_twice("yield");
}

static void look_outlives_a_double_reversal_of_enabling_in_schedule(void)
{
	look_that_began_before_an_enable_was_turned_round_twice("schedule");
}

static void look_outlives_a_double_reversal_of_disabling_in_cond_resched(void)
{
	look_that_began_before_a_disable_was_turned_round_twice("resched");
}

static void look_outlives_a_double_reversal_of_disabling_in_yield(void)
{
	look_that_began_before_a_disable_was_turned_round_twice("yield");
}

static void look_outlives_a_double_reversal_of_disabling_in_schedule(void)
{
	look_that_began_before_a_disable_was_turned_round_twice("schedule");
}

/* A patch is enabled by force although the thread is in a function that it replaces. Then another patch is enabled. */
static void look_outlives_force_and_the_start_of_the_next_transition(void)
{
	pid_t thread = load("resched");

	set_param(LOOK, "go", "1");
	wait_param(LOOK, "inside", 1);
	set_param(GATES, "stage", "1");
	CHECK_EQ(insmod_args(ANY, "objs=klp_look:look_thread_fn"), 0);
	wait_param(GATES, "at", 1);
	CHECK_EQ(klp_write(ANY, "force", "1"), 0);
	CHECK_EQ(klp_read(ANY, "transition"), 0);

	sleeper("", "look_block+0x");
	set_param(GATES, "stage", "2");
	CHECK_EQ(insmod(PATCH), 0);
	wait_param(GATES, "over", 1);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(patch_state(thread), 0);
	check_unmixed();
	klp_wait(PATCH);
	while (wait(NULL) > 0)
		;
	klp_unload(PATCH);
	klp_unload(ANY);
	unload();
}

/* Runs after a failed test: lets all tasks continue, so that all patches can be disabled. */
static void let_go(void)
{
	spit("/sys/module/" GATES "/parameters/stage", "3");
	spit("/sys/module/" LOOK "/parameters/leave", "1");
	klp_clean_up();
}

int main(void)
{
	tap_after_failure = let_go;
	TAP_TEST(look_outlives_a_double_reversal_of_enabling_in_cond_resched);
	TAP_TEST(look_outlives_a_double_reversal_of_enabling_in_yield);
	TAP_TEST(look_outlives_a_double_reversal_of_enabling_in_schedule);
	TAP_TEST(look_outlives_a_double_reversal_of_disabling_in_cond_resched);
	TAP_TEST(look_outlives_a_double_reversal_of_disabling_in_yield);
	TAP_TEST(look_outlives_a_double_reversal_of_disabling_in_schedule);
	TAP_TEST(look_outlives_force_and_the_start_of_the_next_transition);
	return tap_done();
}
