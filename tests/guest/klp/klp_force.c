/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_force.c - force in each direction and its cost. The tests check which modules can never be
 * unloaded again and which modules can. klp_forced and klp_forced2 stay loaded until reboot, so no
 * other test uses them.
 *
 * timeout: 120
 * leaves: klp_forced klp_forced2
 */
#define _GNU_SOURCE
#include <glob.h>
#include <pthread.h>
#include "klp_story.h"
#include "klp_task.h"
#include "klp_text.h"

#define ANY	"klp_any"
#define ANY2	"klp_any2"
#define ANY3	"klp_any3"
#define GONE	"klp_forced"
#define GONE2	"klp_forced2"
#define BLOCK	"objs=klp_target:target_block value=10"
#define CROWD	4
#define STORMY	"lx_callbacks"
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
	snprintf(path, sizeof(path), "module %s is in use until reboot: its patch was forced", module);
	CHECK(strstr(klp_log(), path));
	snprintf(path, sizeof(path), "/sys/module/%s/parameters/again", module);
	CHECK_EQ(spit(path, "1"), EEXIST);
	snprintf(path, sizeof(path), "a patch of module %s was forced, ", module);
	CHECK(strstr(klp_log(), path));
	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	CHECK_STR(slurp(path, text, sizeof(text)), "1");
	/* A module with the same name cannot be loaded. */
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
	/* A second write fails, because no transition runs. */
	CHECK_EQ(klp_write(ANY, "force", "1"), EINVAL);
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* Disabling looks at all stacks again, so an earlier force has no effect and the module can be unloaded. */
static void patch_of_a_forced_enable_can_be_unloaded(void)
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
 * The patch is enabled by force, and then disabled while a task sleeps in the new version. The
 * disable checks stacks, so it waits for that task.
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
	/* The patch cannot be enabled again: a look at the stack would not see that the sleeper is in the patch. */
	CHECK_EQ(spit("/sys/module/" GONE "/parameters/again", "1"), EEXIST);
	/* The function that the sleeper returns into is still in memory. */
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
	/* No task was forced out of the new patch: it can be unloaded. */
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* Force marks only the patch that tasks leave. Other enabled patches can still be unloaded. */
static void other_patches_than_the_forced_one_can_be_unloaded(void)
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

/* @patch replaces ANY and ANY2, and waits for @sleeper. ANY2 was enabled by force while this task was in ANY. */
static void replace_waits_for(pid_t sleeper, const char *patch, const char *args)
{
	char path[96], blockers[2048];

	CHECK_EQ(insmod_args(patch, args), 0);
	snprintf(path, sizeof(path), KLP_SYSFS "/%s/blockers", patch);
	CHECK(strstr(slurp(path, blockers, sizeof(blockers)), "asleep in any_new_block") != NULL);
	CHECK_EQ(klp_read(patch, "transition"), 1);
	CHECK_EQ(patch_state(sleeper), 0);
}

/*
 * A replace removes all older versions of a function, not only the newest one. After a force, a
 * task may still be in any of these versions.
 */
static void a_replace_waits_for_a_task_that_force_left_in_an_older_version(void)
{
	static const char *const args[] = {
		"objs=klp_target:target_block replace=1", "objs=vmlinux:version_proc_show replace=1",
	};

	for (unsigned i = 0; i < 2; i++) {
		pid_t sleeper = sleep_in(ANY);

		CHECK_EQ(insmod_args(ANY2, BLOCK), 0);
		CHECK_EQ(klp_read(ANY2, "transition"), 1);
		CHECK_EQ(klp_write(ANY2, "force", "1"), 0);
		replace_waits_for(sleeper, ANY3, args[i]);
		CHECK_EQ(spit("/sys/module/" ANY "/parameters/wait", "0"), 0);
		CHECK_EQ(wait_status(sleeper), 0);
		klp_wait(ANY3);
		klp_wait_gone(ANY);
		klp_wait_gone(ANY2);
		CHECK_EQ(rmmod(ANY), 0);
		CHECK_EQ(rmmod(ANY2), 0);
		klp_unload(ANY3);
		CHECK_EQ(rmmod("klp_target"), 0);
	}
}

/* An enable is reversed: tasks leave the patch. The reversal completes without force; a later force finds no patch. */
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

static void *die_at_once(void *arg)
{
	return arg;
}

static pid_t run_true(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	return pid;
}

/* Without end, starts a child that exits, that starts a thread before its exit, or that runs another program. */
static void come_and_go(void *unused)
{
	for (unsigned i = 0;; i++) {
		pid_t pid = i % 3 == 2 ? run_true() : fork();
		pthread_t thread;

		if (pid == 0) {
			if (i % 3 == 1 && pthread_create(&thread, NULL, die_at_once, NULL) == 0)
				pthread_join(thread, NULL);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

/* The file `signal` kicks all tasks that are pending. */
static void kick(void *unused)
{
	for (;;)
		klp_write(STORMY, "signal", "1");
}

/* The number of tasks whose state is not -1. A task that ends during this walk does not count. */
static int tasks_in_a_transition(void)
{
	glob_t found;
	int count = 0;

	CHECK_EQ(glob("/proc/[0-9]*/task/*/patch_state", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char text[16] = "-1";
		int fd = open(found.gl_pathv[i], O_RDONLY);

		if (fd < 0)
			continue;
		if (read(fd, text, sizeof(text) - 1) > 0)
			count += atoi(text) != -1;
		close(fd);
	}
	globfree(&found);
	return count;
}

/*
 * Force changes each task over while other tasks start, run other programs, end and are kicked.
 * Afterwards no task is in a transition. A kernel thread that a kick cannot move keeps the patch waiting.
 */
static void force_meets_births_programs_and_kicks(void)
{
	pid_t crowd[CROWD + 1];

	klogctl(8, NULL, 1);	/* the log, not the console: each kick has a line */
	CHECK_EQ(insmod_args("lx_busy", "block=Y"), 0);
	for (int i = 0; i < CROWD; i++)
		crowd[i] = start_child(come_and_go, NULL);
	crowd[CROWD] = start_child(kick, NULL);
	for (int round = 0; round < 12; round++) {
		CHECK_EQ(insmod(STORMY), 0);
		CHECK_EQ(klp_read(STORMY, "transition"), 1);
		CHECK_EQ(klp_write(STORMY, "force", "1"), 0);
		CHECK_EQ(klp_read(STORMY, "transition"), 0);
		CHECK_EQ(tasks_in_a_transition(), 0);
		klp_unload(STORMY);
	}
	for (int i = 0; i <= CROWD; i++)
		end_child(crowd[i]);
	CHECK_EQ(rmmod("lx_busy"), 0);
	klogctl(8, NULL, 7);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(force_is_over_when_the_write_returns);
	TAP_TEST(patch_of_a_forced_enable_can_be_unloaded);
	TAP_TEST(disable_after_a_forced_enable_waits_for_sleepers);
	TAP_TEST(module_of_a_forced_disable_stays_for_good);
	TAP_TEST(modules_that_a_forced_replace_replaced_stay_for_good);
	TAP_TEST(other_patches_than_the_forced_one_can_be_unloaded);
	TAP_TEST(a_replace_waits_for_a_task_that_force_left_in_an_older_version);
	TAP_TEST(a_reversal_that_needs_no_force_cannot_be_forced);
	TAP_TEST(force_meets_births_programs_and_kicks);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
