/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_replace.c - a patch that replaces all older patches. Functions that the new patch does not
 * contain become original again in the same transition. The older patches stay complete until the
 * transition completes, and can be unloaded afterwards.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "klp_story.h"
#include "klp_task.h"
#include "klp_text.h"

#define ANY	"klp_any"
#define ANY2	"klp_any2"
#define ANY3	"klp_any3"
#define ANY4	"klp_any4"

static void load(const char *patch, const char *args)
{
	CHECK_EQ(insmod_args(patch, args), 0);
	klp_wait(patch);
}

static void target_shows(const char *expected)
{
	char text[64];

	CHECK_STR(slurp("/proc/klp_target", text, sizeof(text)), expected);
}

static bool dir_exists(const char *patch, const char *below)
{
	char path[192];

	snprintf(path, sizeof(path), KLP_SYSFS "/%s/%s", patch, below);
	return access(path, F_OK) == 0;
}

static int patches(void)
{
	DIR *dir = opendir(KLP_SYSFS);
	struct dirent *entry;
	int n = 0;

	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* ---- what runs afterwards ------------------------------------------------------------------ */

static void functions_that_are_not_in_the_new_patch_are_original_again(void)
{
	char before[64], after[64];

	CHECK_EQ(insmod("klp_target"), 0);
	klp_text_hash("klp_target", before, sizeof(before));
	load(ANY, "objs=klp_target:target_alpha,target_beta value=10");
	target_shows("10 10 3");
	klp_log_clear();
	load(ANY2, "objs=klp_target:target_beta,target_gamma value=20 replace=1");
	/* The log has no line about the replaced patch. */
	STORY(ENABLED(ANY2));
	klp_wait_gone(ANY);
	target_shows("1 20 20");
	CHECK_EQ(klp_read(ANY2, "replace"), 1);
	CHECK_EQ(klp_read(ANY2, "stack_order"), 1);
	CHECK_EQ(rmmod(ANY), 0);
	klp_unload(ANY2);
	target_shows("1 2 3");
	klp_text_hash("klp_target", after, sizeof(after));
	CHECK_STR(after, before);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/*
 * The slots of functions that only the replaced patch had contain NOPs again. A jump to the function's
 * own body would be wrong.
 */
static void entry_slots_of_replaced_functions_are_as_before(void)
{
	char before[64], after[64];

	CHECK_EQ(insmod("klp_target"), 0);
	klp_text_hash("klp_target", before, sizeof(before));
	load(ANY, "objs=klp_target:target_alpha,target_block");
	load(ANY2, "objs=vmlinux:version_proc_show replace=1");
	klp_wait_gone(ANY);
	klp_text_hash("klp_target", after, sizeof(after));
	CHECK_STR(after, before);
	CHECK_EQ(rmmod(ANY), 0);
	klp_unload(ANY2);
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void one_patch_replaces_all_older_ones(void)
{
	CHECK_EQ(insmod("klp_target"), 0);
	load(ANY, "objs=klp_target:target_alpha value=10");
	load(ANY2, "objs=klp_target:target_alpha,target_beta value=20");
	load(ANY3, "objs=klp_target:target_gamma value=30");
	target_shows("20 20 30");
	CHECK_EQ(klp_read(ANY3, "stack_order"), 3);
	CHECK_EQ(patches(), 3);
	load(ANY4, "objs=klp_target:target_beta value=40 replace=1");
	klp_wait_gone(ANY);
	klp_wait_gone(ANY2);
	klp_wait_gone(ANY3);
	CHECK_EQ(patches(), 1);
	CHECK_EQ(klp_read(ANY4, "stack_order"), 1);
	target_shows("1 40 3");
	CHECK_EQ(rmmod(ANY), 0);
	CHECK_EQ(rmmod(ANY2), 0);
	CHECK_EQ(rmmod(ANY3), 0);
	klp_unload(ANY4);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* The module is unloaded first, because its name stays in use until then. */
static void a_replaced_patch_can_be_loaded_again(void)
{
	CHECK_EQ(insmod("klp_target"), 0);
	load(ANY, "objs=klp_target:target_alpha value=10 replace=1");
	for (int round = 0; round < 10; round++) {
		load(ANY2, "objs=klp_target:target_beta value=20 replace=1");
		target_shows("1 20 3");
		CHECK_EQ(insmod_args(ANY, "value=10"), EEXIST);
		klp_wait_gone(ANY);
		CHECK_EQ(rmmod(ANY), 0);
		load(ANY, "objs=klp_target:target_alpha value=10 replace=1");
		target_shows("10 2 3");
		klp_wait_gone(ANY2);
		CHECK_EQ(rmmod(ANY2), 0);
	}
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/*
 * The older patches name a function by another name. The function gets one nop or none. A nop on top of
 * the new version, or on top of another nop, would run in the wrong tasks.
 */
static void a_second_name_of_a_function_gets_no_second_version(void)
{
	static const char *const args[] = {
		"objs=klp_target:target_block,target_gamma value=30 replace=1",
		"objs=klp_target:target_block replace=1",
	};

	for (unsigned i = 0; i < 2; i++) {
		pid_t sleeper;

		CHECK_EQ(insmod("klp_target"), 0);
		load(ANY, "objs=klp_target:target_gamma value=10");
		load(ANY2, "objs=klp_target:target_gamma_alias value=20");
		sleeper = start_reader("/proc/klp_target_block", "target_block");
		CHECK_EQ(insmod_args(ANY3, args[i]), 0);
		CHECK_EQ(klp_read(ANY3, "transition"), 1);
		while (patch_state(getpid()) != 1)
			nap(500);
		target_shows(i == 0 ? "1 2 30" : "1 2 3");
		CHECK_EQ(klp_write(ANY3, "enabled", "0"), 0);
		klp_wait_gone(ANY3);
		target_shows("1 2 20");
		CHECK_EQ(rmmod(ANY3), 0);
		end_child(sleeper);
		load(ANY3, args[i]);
		target_shows(i == 0 ? "1 2 30" : "1 2 3");
		klp_wait_gone(ANY);
		klp_wait_gone(ANY2);
		CHECK_EQ(rmmod(ANY), 0);
		CHECK_EQ(rmmod(ANY2), 0);
		klp_unload(ANY3);
		CHECK_EQ(rmmod("klp_target"), 0);
	}
}

/* The exit status is the answer of gamma() after block() has returned, both in one call of the old version. */
static void read_both(void *path)
{
	char text[64];
	int block, gamma;

	CHECK_EQ(sscanf(slurp(path, text, sizeof(text)), "%d %d", &block, &gamma), 2);
	_exit(gamma);
}

static void a_task_that_has_not_changed_over_runs_the_older_patch_under_either_name(void)
{
	char text[64];
	pid_t sleeper;

	CHECK_EQ(insmod("klp_target"), 0);
	load(ANY, "objs=klp_target:target_gamma value=10");
	load(ANY2, "objs=klp_target:target_gamma_alias value=20");
	sleeper = start_child(read_both, "/proc/klp_target_both");
	wait_asleep_in(sleeper, "target_block");
	CHECK_EQ(insmod_args(ANY3, "objs=klp_target:target_block replace=1"), 0);
	CHECK_EQ(patch_state(sleeper), 0);
	slurp("/proc/klp_target_release", text, sizeof(text));
	CHECK_EQ(wait_status(sleeper), 20);
	klp_wait(ANY3);
	klp_wait_gone(ANY);
	klp_wait_gone(ANY2);
	CHECK_EQ(rmmod(ANY), 0);
	CHECK_EQ(rmmod(ANY2), 0);
	klp_unload(ANY3);
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void positions_0_and_1_are_the_same_function(void)
{
	load(ANY, "objs=vmlinux:version_proc_show/1");
	load(ANY2, "objs=vmlinux:version_proc_show replace=1");
	klp_wait_gone(ANY);
	CHECK_EQ(rmmod(ANY), 0);
	load(ANY, "objs=vmlinux:version_proc_show/1 replace=1");
	klp_wait_gone(ANY2);
	CHECK_EQ(rmmod(ANY2), 0);
	klp_unload(ANY);
}

static void without_older_patches_replace_is_an_ordinary_enable(void)
{
	klp_log_clear();
	load(ANY, "objs=vmlinux:version_proc_show replace=1");
	klp_unload(ANY);
	STORY(ENABLED(ANY) DISABLED(ANY));
}

/* ---- during the transition ------------------------------------------------------------------- */

/* Starts a task that sleeps in the version that will be replaced. The patch also changes alpha. */
static pid_t sleep_in_replaced_patch(void)
{
	CHECK_EQ(insmod("klp_target"), 0);
	load(ANY, "objs=klp_target:target_block,target_alpha value=10 wait=1");
	return start_reader("/proc/klp_target_block", "any_new_block");
}

static void a_sleeper_in_the_replaced_patch_keeps_it_in_use(void)
{
	char text[4096];
	pid_t sleeper = sleep_in_replaced_patch();

	CHECK_EQ(insmod_args(ANY2, "objs=vmlinux:version_proc_show replace=1"), 0);
	CHECK_EQ(klp_read(ANY2, "transition"), 1);
	CHECK(strstr(slurp(KLP_SYSFS "/" ANY2 "/blockers", text, sizeof(text)), "asleep in any_new_block+0x") != NULL);
	CHECK(strstr(text, "[klp_any]") != NULL);
	CHECK_EQ(patch_state(sleeper), 0);
	/* This task has changed over: the nop leads it to the original. */
	CHECK_EQ(patch_state(getpid()), 1);
	target_shows("1 2 3");
	CHECK_EQ(klp_read(ANY, "enabled"), 1);
	CHECK_EQ(klp_read(ANY, "transition"), 0);
	CHECK_EQ(klp_read(ANY, "klp_target/patched"), 1);
	CHECK_EQ(rmmod(ANY), EWOULDBLOCK);
	CHECK_EQ(klp_write(ANY, "enabled", "0"), EBUSY);
	/*
	 * The nops have directories like other functions. The core added the object above these
	 * directories.
	 */
	CHECK(dir_exists(ANY2, "klp_target/target_alpha,1"));
	CHECK(dir_exists(ANY2, "klp_target/target_block,1"));
	CHECK_EQ(klp_read(ANY2, "klp_target/patched"), 1);

	CHECK_EQ(spit("/sys/module/" ANY "/parameters/wait", "0"), 0);
	CHECK_EQ(wait_status(sleeper), 0);
	klp_wait_gone(ANY);
	CHECK_EQ(klp_read(ANY2, "transition"), 0);
	CHECK(!dir_exists(ANY2, "klp_target"));
	CHECK(dir_exists(ANY2, "vmlinux/version_proc_show,1"));
	CHECK_EQ(rmmod(ANY), 0);
	target_shows("1 2 3");
	klp_unload(ANY2);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/*
 * The oldest of the replaced patches has the sleeper. What the new patch does is checked when the sleeper has left,
 * because a mistake here frees functions that a task is in.
 */
static void a_sleeper_in_the_oldest_replaced_patch_keeps_it_in_use(void)
{
	pid_t sleeper = sleep_in_replaced_patch();
	bool nop;
	int held;

	load(ANY2, "objs=klp_target:target_beta value=20");
	target_shows("10 20 3");
	CHECK_EQ(insmod_args(ANY3, "objs=vmlinux:version_proc_show replace=1"), 0);
	held = klp_read(ANY3, "transition");
	nop = dir_exists(ANY3, "klp_target/target_block,1");
	CHECK_EQ(spit("/sys/module/" ANY "/parameters/wait", "0"), 0);
	CHECK_EQ(wait_status(sleeper), 0);
	CHECK_EQ(held, 1);
	CHECK(nop);
	klp_wait_gone(ANY);
	klp_wait_gone(ANY2);
	target_shows("1 2 3");
	CHECK_EQ(rmmod(ANY), 0);
	CHECK_EQ(rmmod(ANY2), 0);
	klp_unload(ANY3);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/*
 * Both patches have this object. In the new patch the object gets the nops in addition to its own
 * functions, and keeps its directory.
 */
static void nops_leave_an_object_that_stays(void)
{
	pid_t sleeper = sleep_in_replaced_patch();

	CHECK_EQ(insmod_args(ANY2, "objs=klp_target:target_gamma value=20 replace=1"), 0);
	CHECK(dir_exists(ANY2, "klp_target/target_alpha,1"));
	CHECK(dir_exists(ANY2, "klp_target/target_gamma,1"));
	target_shows("1 2 20");
	CHECK_EQ(spit("/sys/module/" ANY "/parameters/wait", "0"), 0);
	CHECK_EQ(wait_status(sleeper), 0);
	klp_wait_gone(ANY);
	CHECK(!dir_exists(ANY2, "klp_target/target_alpha,1"));
	CHECK(dir_exists(ANY2, "klp_target/target_gamma,1"));
	CHECK_EQ(klp_read(ANY2, "klp_target/patched"), 1);
	target_shows("1 2 20");
	CHECK_EQ(rmmod(ANY), 0);
	klp_unload(ANY2);
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void reversed_replace_leaves_the_old_patch_as_it_was(void)
{
	pid_t sleeper = sleep_in_replaced_patch();

	CHECK_EQ(insmod_args(ANY2, "objs=klp_target:target_alpha value=20 replace=1"), 0);
	CHECK_EQ(klp_read(ANY2, "transition"), 1);
	target_shows("20 2 3");
	CHECK_EQ(klp_write(ANY2, "enabled", "0"), 0);
	klp_wait_gone(ANY2);
	CHECK_EQ(rmmod(ANY2), 0);
	CHECK_EQ(task_letter(sleeper), 'S');
	CHECK_EQ(klp_read(ANY, "enabled"), 1);
	CHECK_EQ(klp_read(ANY, "stack_order"), 1);
	target_shows("10 2 3");
	CHECK_EQ(spit("/sys/module/" ANY "/parameters/wait", "0"), 0);
	CHECK_EQ(wait_status(sleeper), 0);
	klp_unload(ANY);
	target_shows("1 2 3");
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* ---- targets that are not there ----------------------------------------------------- */

static void a_target_that_loads_later_knows_nothing_of_the_replaced_patch(void)
{
	load(ANY, "objs=klp_target:target_alpha value=10");
	load(ANY2, "objs=vmlinux:version_proc_show replace=1");
	klp_wait_gone(ANY);
	klp_log_clear();
	CHECK_EQ(insmod("klp_target"), 0);
	STORY("klp_target: init\n");
	target_shows("1 2 3");
	CHECK_EQ(rmmod(ANY), 0);
	klp_unload(ANY2);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* A sleeper in klp_target_b keeps the transition open, while klp_target is loaded and unloaded. */
static pid_t replace_with_open_transition(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod("klp_target_b"), 0);
	load(ANY, "objs=klp_target_b:target_block;klp_target:target_alpha,target_beta value=10 wait=1");
	sleeper = start_reader("/proc/klp_target_b_block", "any_new_block");
	CHECK_EQ(insmod_args(ANY2, "objs=klp_target:target_beta value=20 replace=1"), 0);
	CHECK_EQ(klp_read(ANY2, "transition"), 1);
	klp_log_clear();
	return sleeper;
}

static void end_replace_with_open_transition(pid_t sleeper)
{
	CHECK_EQ(spit("/sys/module/" ANY "/parameters/wait", "0"), 0);
	CHECK_EQ(wait_status(sleeper), 0);
	klp_wait_gone(ANY);
	CHECK_EQ(rmmod(ANY), 0);
}

static void a_target_that_loads_meanwhile_gets_versions_and_nops(void)
{
	pid_t sleeper = replace_with_open_transition();

	CHECK_EQ(insmod("klp_target"), 0);
	STORY("applying patch 'klp_any' to loading module 'klp_target'\n"
	      "applying patch 'klp_any2' to loading module 'klp_target'\nklp_target: init\n");
	target_shows("1 20 3");
	end_replace_with_open_transition(sleeper);
	target_shows("1 20 3");
	klp_unload(ANY2);
	target_shows("1 2 3");
	CHECK_EQ(rmmod("klp_target"), 0);
	CHECK_EQ(rmmod("klp_target_b"), 0);
}

static void a_target_that_unloads_meanwhile_leaves_versions_and_nops(void)
{
	pid_t sleeper = replace_with_open_transition();

	for (int round = 0; round < 3; round++) {
		CHECK_EQ(insmod("klp_target"), 0);
		target_shows("1 20 3");
		klp_log_clear();
		CHECK_EQ(rmmod("klp_target"), 0);
		STORY("klp_target: exit\nreverting patch 'klp_any' on unloading module 'klp_target'\n"
		      "reverting patch 'klp_any2' on unloading module 'klp_target'\n");
	}
	end_replace_with_open_transition(sleeper);
	CHECK_EQ(insmod("klp_target"), 0);
	target_shows("1 20 3");
	klp_unload(ANY2);
	CHECK_EQ(rmmod("klp_target"), 0);
	CHECK_EQ(rmmod("klp_target_b"), 0);
}

/* ---- no gap ------------------------------------------------------------------------- */

static void watch_alpha(void *arg)
{
	char text[64];

	for (;;) {
		slurp("/proc/klp_target", text, sizeof(text));
		if (strncmp(text, "10 ", 3) != 0 && strncmp(text, "20 ", 3) != 0)
			_exit(3);
	}
}

/* Both patches change alpha: no task may ever run the original alpha. */
static void a_function_of_both_patches_is_never_original(void)
{
	pid_t watchers[3];
	int status;

	CHECK_EQ(insmod("klp_target"), 0);
	load(ANY, "objs=klp_target:target_alpha value=10 replace=1");
	for (int i = 0; i < 3; i++)
		watchers[i] = start_child(watch_alpha, NULL);
	for (int round = 0; round < 20; round++) {
		load(ANY2, "objs=klp_target:target_alpha,target_beta value=20 replace=1");
		klp_wait_gone(ANY);
		CHECK_EQ(rmmod(ANY), 0);
		load(ANY, "objs=klp_target:target_alpha value=10 replace=1");
		klp_wait_gone(ANY2);
		CHECK_EQ(rmmod(ANY2), 0);
	}
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(waitpid(watchers[i], &status, WNOHANG), 0);
		end_child(watchers[i]);
	}
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(functions_that_are_not_in_the_new_patch_are_original_again);
	TAP_TEST(entry_slots_of_replaced_functions_are_as_before);
	TAP_TEST(one_patch_replaces_all_older_ones);
	TAP_TEST(a_replaced_patch_can_be_loaded_again);
	TAP_TEST(a_second_name_of_a_function_gets_no_second_version);
	TAP_TEST(a_task_that_has_not_changed_over_runs_the_older_patch_under_either_name);
	TAP_TEST(positions_0_and_1_are_the_same_function);
	TAP_TEST(without_older_patches_replace_is_an_ordinary_enable);
	TAP_TEST(a_sleeper_in_the_replaced_patch_keeps_it_in_use);
	TAP_TEST(a_sleeper_in_the_oldest_replaced_patch_keeps_it_in_use);
	TAP_TEST(nops_leave_an_object_that_stays);
	TAP_TEST(reversed_replace_leaves_the_old_patch_as_it_was);
	TAP_TEST(a_target_that_loads_later_knows_nothing_of_the_replaced_patch);
	TAP_TEST(a_target_that_loads_meanwhile_gets_versions_and_nops);
	TAP_TEST(a_target_that_unloads_meanwhile_leaves_versions_and_nops);
	TAP_TEST(a_function_of_both_patches_is_never_original);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
