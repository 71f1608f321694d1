/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_force.c - force in each direction and its cost: the modules that can never be unloaded
 * again, and those that can. klp_forced and klp_forced2 are used here only, since they are never
 * unloaded.
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
 * Forced, and then disabled while a task sleeps in the new version: that is
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
	/* And it does not come back: no look would see that the sleeper is in it. */
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
	/* No task was forced out of the new patch: it can be unloaded. */
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

/* @patch replaces ANY and ANY2, and @sleeper in ANY, which ANY2 was forced over, keeps it waiting. */
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
 * A replace gives up all older versions of a function, not only the newest, and force may have
 * left a task in any of them.
 */
static void a_replace_waits_for_whom_force_left_below(void)
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

/* A reversal that is forced: enabling is reversed, and tasks now leave the patch. */
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

/* Is born, and dies, starts a thread before, or becomes another program: without end. */
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

/* How many tasks there are whose state is not -1.  Who died while we looked does not count. */
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
 * Force switches each task while others are born, run other programs, die and are kicked: no task
 * is left, and none comes later.  A kernel thread, which no kick moves, keeps the patch waiting.
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
	TAP_TEST(forced_enable_costs_nothing_for_ever);
	TAP_TEST(disable_after_a_forced_enable_waits_for_sleepers);
	TAP_TEST(module_of_a_forced_disable_stays_for_good);
	TAP_TEST(modules_that_a_forced_replace_replaced_stay_for_good);
	TAP_TEST(patches_beside_a_forced_one_can_go);
	TAP_TEST(a_replace_waits_for_whom_force_left_below);
	TAP_TEST(a_reversal_that_needs_no_force_cannot_be_forced);
	TAP_TEST(force_meets_births_programs_and_kicks);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
