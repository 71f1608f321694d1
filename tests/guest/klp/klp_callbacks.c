/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_callbacks.c - the order of callbacks, read from the log: each row of the table
 * of docs/livepatch.md is a test. The patch is klp_any, the targets are klp_target and
 * klp_target_b; a busy target has a task asleep in block().
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "klp_story.h"
#include "klp_task.h"
#include "klp_text.h"

#define ANY	"klp_any"
#define ANY2	"klp_any2"
#define VMLINUX	"vmlinux:version_proc_show"
#define TARGET	"klp_target:target_alpha"
#define BUSY	"klp_target:target_block"
#define B	"klp_target_b:target_alpha"

#define PRE(object)	ANY ": pre_patch " object "\n"
#define POST(object)	ANY ": post_patch " object "\n"
#define UNPRE(object)	ANY ": pre_unpatch " object "\n"
#define UNPOST(object)	ANY ": post_unpatch " object "\n"
#define APPLYING(patch, module)		"applying patch '" patch "' to loading module '" module "'\n"
#define REVERTING(patch, module)	"reverting patch '" patch "' on unloading module '" module "'\n"
#define REFUSING(patch, module) \
	"patch '" patch "' failed for module '" module "', refusing to load module '" module "'\n"

/* Steps of the tests. load_target(), unload_target() and enable_fully() leave an empty log; enable() empties it. */
static void load_target(void)
{
	CHECK_EQ(insmod("klp_target"), 0);
	klp_log_clear();
}

static void unload_target(void)
{
	CHECK_EQ(rmmod("klp_target"), 0);
	klp_log_clear();
}

static void enable(const char *args)
{
	klp_log_clear();
	CHECK_EQ(insmod_args(ANY, args), 0);
}

static void enable_fully(const char *args)
{
	enable(args);
	klp_wait(ANY);
	klp_log_clear();
}

static void disable(void)
{
	CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
	klp_wait_gone(ANY);
	CHECK_EQ(rmmod(ANY), 0);
}

/* ---- enabling and disabling ------------------------------------------------------------------ */

static void loaded_objects_are_patched_and_unpatched_in_their_order(void)
{
	load_target();
	enable("objs=" VMLINUX ";" TARGET " callbacks=1");
	klp_wait(ANY);
	STORY(ENABLING(ANY) PRE("vmlinux") PRE("klp_target live") STARTING(ANY, "patching") COMPLETING(ANY, "patching")
	      POST("vmlinux") POST("klp_target live") COMPLETE(ANY, "patching"));
	disable();
	STORY(INITIALIZING(ANY, "unpatching") UNPRE("vmlinux") UNPRE("klp_target live") STARTING(ANY, "unpatching")
	      COMPLETING(ANY, "unpatching") UNPOST("vmlinux") UNPOST("klp_target live") COMPLETE(ANY, "unpatching"));
	unload_target();
}

static void objects_that_are_not_loaded_are_passed_over(void)
{
	enable("objs=" VMLINUX ";" TARGET " callbacks=1");
	klp_wait(ANY);
	CHECK_EQ(klp_read(ANY, "klp_target/patched"), 0);
	disable();
	STORY(ENABLING(ANY) PRE("vmlinux") STARTING(ANY, "patching") COMPLETING(ANY, "patching") POST("vmlinux")
	      COMPLETE(ANY, "patching") INITIALIZING(ANY, "unpatching") UNPRE("vmlinux") STARTING(ANY, "unpatching")
	      COMPLETING(ANY, "unpatching") UNPOST("vmlinux") COMPLETE(ANY, "unpatching"));
}

static void pre_patch_that_fails_is_not_followed_by_post_unpatch(void)
{
	klp_log_clear();
	CHECK_EQ(insmod_args(ANY, "objs=" VMLINUX " callbacks=1 fail=vmlinux error=-19"), ENODEV);
	STORY(ENABLING(ANY) PRE("vmlinux") "pre-patch callback failed for object 'vmlinux'\n" CANCELING(ANY)
	      COMPLETE(ANY, "unpatching"));
}

/* The first object is unpatched. The failing object and the next one get no post_unpatch callback. */
static void object_before_a_failing_object_is_unpatched(void)
{
	load_target();
	CHECK_EQ(insmod("klp_target_b"), 0);
	klp_log_clear();
	CHECK_EQ(insmod_args(ANY, "objs=" VMLINUX ";" TARGET ";" B " callbacks=1 fail=klp_target error=-19"), ENODEV);
	STORY(ENABLING(ANY) PRE("vmlinux") PRE("klp_target live")
	      "pre-patch callback failed for object 'klp_target'\n" CANCELING(ANY) UNPOST("vmlinux")
	      COMPLETE(ANY, "unpatching"));
	CHECK_EQ(rmmod("klp_target_b"), 0);
	unload_target();
}

/* ---- reversal ------------------------------------------------------------------ */

static void reversed_enabling_runs_post_unpatch_alone(void)
{
	pid_t sleeper;

	load_target();
	sleeper = start_reader("/proc/klp_target_block", "target_block");
	enable("objs=" VMLINUX ";" BUSY " callbacks=1");
	CHECK_EQ(klp_read(ANY, "transition"), 1);
	disable();
	STORY(ENABLING(ANY) PRE("vmlinux") PRE("klp_target live") STARTING(ANY, "patching")
	      REVERSING(ANY, "patching", "unpatching") STARTING(ANY, "unpatching") COMPLETING(ANY, "unpatching")
	      UNPOST("vmlinux") UNPOST("klp_target live") COMPLETE(ANY, "unpatching"));
	end_child(sleeper);
	unload_target();
}

static void reversed_disabling_runs_post_patch_again(void)
{
	pid_t sleeper;

	load_target();
	enable_fully("objs=" BUSY " callbacks=1 wait=1");
	sleeper = start_reader("/proc/klp_target_block", "any_new_block");
	CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
	CHECK_EQ(klp_read(ANY, "transition"), 1);
	CHECK_EQ(klp_write(ANY, "enabled", "1"), 0);
	klp_wait(ANY);
	STORY(INITIALIZING(ANY, "unpatching") UNPRE("klp_target live") STARTING(ANY, "unpatching")
	      REVERSING(ANY, "unpatching", "patching") STARTING(ANY, "patching") COMPLETING(ANY, "patching")
	      POST("klp_target live") COMPLETE(ANY, "patching"));
	end_child(sleeper);
	disable();
	unload_target();
}

static void force_runs_the_callbacks_of_completion(void)
{
	pid_t sleeper;

	load_target();
	sleeper = start_reader("/proc/klp_target_block", "target_block");
	enable("objs=" BUSY " callbacks=1");
	CHECK_EQ(klp_write(ANY, "force", "1"), 0);
	CHECK_EQ(klp_read(ANY, "transition"), 0);
	STORY(ENABLING(ANY) PRE("klp_target live") STARTING(ANY, "patching")
	      "forcing remaining tasks to the patched state\n" COMPLETING(ANY, "patching") POST("klp_target live")
	      COMPLETE(ANY, "patching"));
	end_child(sleeper);
	disable();
	unload_target();
}

/* ---- targets that come and go: patch active ----------------------------------------- */

static void target_that_loads_is_patched_before_its_init(void)
{
	char text[64];

	enable_fully("objs=" TARGET " callbacks=1");
	CHECK_EQ(insmod("klp_target"), 0);
	STORY(APPLYING(ANY, "klp_target") PRE("klp_target coming") POST("klp_target coming") "klp_target: init\n");
	CHECK_EQ(klp_read(ANY, "klp_target/patched"), 1);
	CHECK_STR(slurp("/proc/klp_target", text, sizeof(text)), "100 2 3");
	CHECK_EQ(rmmod("klp_target"), 0);
	STORY("klp_target: exit\n" UNPRE("klp_target going") REVERTING(ANY, "klp_target") UNPOST("klp_target going"));
	CHECK_EQ(klp_read(ANY, "klp_target/patched"), 0);
	/* The target is loaded a second time. */
	CHECK_EQ(insmod("klp_target"), 0);
	CHECK_STR(slurp("/proc/klp_target", text, sizeof(text)), "100 2 3");
	klp_log_clear();
	disable();
	STORY(INITIALIZING(ANY, "unpatching") UNPRE("klp_target live") STARTING(ANY, "unpatching")
	      COMPLETING(ANY, "unpatching") UNPOST("klp_target live") COMPLETE(ANY, "unpatching"));
	CHECK_STR(slurp("/proc/klp_target", text, sizeof(text)), "1 2 3");
	unload_target();
}

static void pre_patch_that_fails_refuses_the_target(void)
{
	enable_fully("objs=" VMLINUX ";" TARGET " callbacks=1 fail=klp_target error=-19");
	CHECK_EQ(insmod("klp_target"), ENODEV);
	STORY(APPLYING(ANY, "klp_target") PRE("klp_target coming")
	      "pre-patch callback failed for object 'klp_target'\n" REFUSING(ANY, "klp_target"));
	CHECK_EQ(klp_read(ANY, "enabled"), 1);
	CHECK_EQ(klp_read(ANY, "klp_target/patched"), 0);
	/* Without the cause the module loads: the failure left nothing behind. */
	CHECK_EQ(spit("/sys/module/" ANY "/parameters/error", "0"), 0);
	CHECK_EQ(insmod("klp_target"), 0);
	STORY(APPLYING(ANY, "klp_target") PRE("klp_target coming") POST("klp_target coming") "klp_target: init\n");
	disable();
	unload_target();
}

static void unresolvable_function_refuses_the_target(void)
{
	enable_fully("objs=klp_target:target_alpha,no_such_function callbacks=1");
	CHECK_EQ(insmod("klp_target"), EINVAL);
	STORY("symbol 'no_such_function' not found in symbol table\n"
	      "failed to initialize patch 'klp_any' for module 'klp_target' (-22)\n" REFUSING(ANY, "klp_target"));
	disable();
}

/* A later patch refuses the target. After the refusal the earlier patch is taken off the target. */
static void target_that_a_later_patch_refuses_leaves_the_earlier_one(void)
{
	enable_fully("objs=" TARGET " callbacks=1");
	CHECK_EQ(insmod_args(ANY2, "objs=klp_target:target_beta callbacks=1 fail=klp_target error=-12"), 0);
	klp_wait(ANY2);
	klp_log_clear();
	CHECK_EQ(insmod("klp_target"), ENOMEM);
	STORY(APPLYING(ANY, "klp_target") PRE("klp_target coming") POST("klp_target coming") APPLYING(ANY2, "klp_target")
	      ANY2 ": pre_patch klp_target coming\n"
	      "pre-patch callback failed for object 'klp_target'\n" REFUSING(ANY2, "klp_target")
	      UNPRE("klp_target coming") REVERTING(ANY, "klp_target") UNPOST("klp_target coming"));
	klp_unload(ANY2);
	CHECK_EQ(insmod("klp_target"), 0);
	disable();
	unload_target();
}

static void target_whose_init_fails_is_unpatched(void)
{
	enable_fully("objs=" TARGET " callbacks=1");
	CHECK_EQ(insmod_args("klp_target", "error=-5"), EIO);
	STORY(APPLYING(ANY, "klp_target") PRE("klp_target coming") POST("klp_target coming") "klp_target: init\n"
	      UNPRE("klp_target going") REVERTING(ANY, "klp_target") UNPOST("klp_target going"));
	CHECK_EQ(klp_read(ANY, "klp_target/patched"), 0);
	/*
	 * A parameter that does not exist is ignored. A parameter with a bad value makes the load
	 * fail; this failure also comes after the "coming" callbacks.
	 */
	CHECK_EQ(insmod_args("klp_target", "error=x"), EINVAL);
	CHECK_EQ(klp_read(ANY, "klp_target/patched"), 0);
	CHECK_EQ(insmod("klp_target"), 0);
	disable();
	unload_target();
}

/*
 * Two patches have one target. They are applied to it in the order in which they were enabled, so
 * the newer patch wins.
 */
static void late_target_gets_its_patches_in_enabling_order(void)
{
	char text[64];

	enable_fully("objs=" TARGET " callbacks=1 value=10");
	CHECK_EQ(insmod_args(ANY2, "objs=" TARGET " value=20"), 0);
	klp_wait(ANY2);
	klp_log_clear();
	CHECK_EQ(insmod("klp_target"), 0);
	STORY(APPLYING(ANY, "klp_target") PRE("klp_target coming") POST("klp_target coming") APPLYING(ANY2, "klp_target")
	      "klp_target: init\n");
	CHECK_STR(slurp("/proc/klp_target", text, sizeof(text)), "20 2 3");
	klp_unload(ANY2);
	CHECK_STR(slurp("/proc/klp_target", text, sizeof(text)), "10 2 3");
	disable();
	unload_target();
}

/* ---- targets that come and go: patch in transition ---------------------------------- */

static void target_that_loads_while_enabling_runs_post_patch_at_completion(void)
{
	char text[64];
	pid_t sleeper;

	load_target();
	sleeper = start_reader("/proc/klp_target_block", "target_block");
	enable("objs=" BUSY ";" B " callbacks=1");
	klp_log_clear();
	CHECK_EQ(insmod("klp_target_b"), 0);
	STORY(APPLYING(ANY, "klp_target_b") PRE("klp_target_b coming") "klp_target_b: init\n");
	/* This task has changed over already. */
	CHECK_STR(slurp("/proc/klp_target_b", text, sizeof(text)), "100 2 3");
	slurp("/proc/klp_target_release", text, sizeof(text));
	CHECK_EQ(wait_status(sleeper), 0);
	klp_wait(ANY);
	STORY(COMPLETING(ANY, "patching") POST("klp_target live") POST("klp_target_b live") COMPLETE(ANY, "patching"));
	disable();
	CHECK_EQ(rmmod("klp_target_b"), 0);
	unload_target();
}

static void target_that_unloads_while_enabling_runs_post_unpatch_alone(void)
{
	pid_t sleeper;

	load_target();
	CHECK_EQ(insmod("klp_target_b"), 0);
	sleeper = start_reader("/proc/klp_target_block", "target_block");
	enable("objs=" BUSY ";" B " callbacks=1");
	klp_log_clear();
	CHECK_EQ(rmmod("klp_target_b"), 0);
	STORY("klp_target_b: exit\n" REVERTING(ANY, "klp_target_b") UNPOST("klp_target_b going"));
	CHECK_EQ(klp_read(ANY, "transition"), 1);
	disable();
	STORY(REVERSING(ANY, "patching", "unpatching") STARTING(ANY, "unpatching") COMPLETING(ANY, "unpatching")
	      UNPOST("klp_target live") COMPLETE(ANY, "unpatching"));
	end_child(sleeper);
	unload_target();
}

static void target_that_loads_while_disabling_runs_post_unpatch_at_completion(void)
{
	char text[64];
	pid_t sleeper;

	load_target();
	enable_fully("objs=" BUSY ";" B " callbacks=1 wait=1");
	sleeper = start_reader("/proc/klp_target_block", "any_new_block");
	CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
	STORY(INITIALIZING(ANY, "unpatching") UNPRE("klp_target live") STARTING(ANY, "unpatching"));
	CHECK_EQ(insmod("klp_target_b"), 0);
	STORY(APPLYING(ANY, "klp_target_b") PRE("klp_target_b coming") "klp_target_b: init\n");
	/* This task has gone back already. */
	CHECK_STR(slurp("/proc/klp_target_b", text, sizeof(text)), "1 2 3");
	CHECK_EQ(spit("/sys/module/" ANY "/parameters/wait", "0"), 0);
	CHECK_EQ(wait_status(sleeper), 0);
	klp_wait_gone(ANY);
	STORY(COMPLETING(ANY, "unpatching") UNPOST("klp_target live") UNPOST("klp_target_b live")
	      COMPLETE(ANY, "unpatching"));
	CHECK_EQ(rmmod(ANY), 0);
	CHECK_EQ(rmmod("klp_target_b"), 0);
	unload_target();
}

static void target_that_unloads_while_disabling_runs_post_unpatch_alone(void)
{
	pid_t sleeper;

	load_target();
	CHECK_EQ(insmod("klp_target_b"), 0);
	enable_fully("objs=" BUSY ";" B " callbacks=1 wait=1");
	sleeper = start_reader("/proc/klp_target_block", "any_new_block");
	CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
	klp_log_clear();
	CHECK_EQ(rmmod("klp_target_b"), 0);
	STORY("klp_target_b: exit\n" REVERTING(ANY, "klp_target_b") UNPOST("klp_target_b going"));
	CHECK_EQ(spit("/sys/module/" ANY "/parameters/wait", "0"), 0);
	CHECK_EQ(wait_status(sleeper), 0);
	klp_wait_gone(ANY);
	STORY(COMPLETING(ANY, "unpatching") UNPOST("klp_target live") COMPLETE(ANY, "unpatching"));
	CHECK_EQ(rmmod(ANY), 0);
	unload_target();
}

/* An earlier patch that is not in transition gets its ordinary callbacks and no others. */
static void refusal_during_a_transition_runs_the_callbacks_of_each_patch(void)
{
	pid_t sleeper;

	load_target();
	sleeper = start_reader("/proc/klp_target_block", "target_block");
	enable_fully("objs=" B " callbacks=1");
	CHECK_EQ(insmod_args(ANY2, "objs=" BUSY ";klp_target_b:target_beta callbacks=1 fail=klp_target_b error=-19"), 0);
	CHECK_EQ(klp_read(ANY2, "transition"), 1);
	klp_log_clear();
	CHECK_EQ(insmod("klp_target_b"), ENODEV);
	STORY(APPLYING(ANY, "klp_target_b") PRE("klp_target_b coming") POST("klp_target_b coming")
	      APPLYING(ANY2, "klp_target_b") ANY2 ": pre_patch klp_target_b coming\n"
	      "pre-patch callback failed for object 'klp_target_b'\n" REFUSING(ANY2, "klp_target_b")
	      UNPRE("klp_target_b coming") REVERTING(ANY, "klp_target_b") UNPOST("klp_target_b coming"));
	CHECK_EQ(klp_write(ANY2, "enabled", "0"), 0);
	klp_wait_gone(ANY2);
	CHECK_EQ(rmmod(ANY2), 0);
	end_child(sleeper);
	disable();
	unload_target();
}

/* ---- replace ------------------------------------------------------------------------ */

static void callbacks_of_a_replaced_patch_never_run(void)
{
	load_target();
	enable_fully("objs=" TARGET " callbacks=1");
	CHECK_EQ(insmod_args(ANY2, "objs=klp_target:target_beta callbacks=1 replace=1"), 0);
	klp_wait_gone(ANY);
	klp_unload(ANY2);
	STORY(ENABLING(ANY2) ANY2 ": pre_patch klp_target live\n" STARTING(ANY2, "patching") COMPLETING(ANY2, "patching")
	      ANY2 ": post_patch klp_target live\n" COMPLETE(ANY2, "patching") INITIALIZING(ANY2, "unpatching")
	      ANY2 ": pre_unpatch klp_target live\n" STARTING(ANY2, "unpatching") COMPLETING(ANY2, "unpatching")
	      ANY2 ": post_unpatch klp_target live\n" COMPLETE(ANY2, "unpatching"));
	CHECK_EQ(rmmod(ANY), 0);
	unload_target();
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(loaded_objects_are_patched_and_unpatched_in_their_order);
	TAP_TEST(objects_that_are_not_loaded_are_passed_over);
	TAP_TEST(pre_patch_that_fails_is_not_followed_by_post_unpatch);
	TAP_TEST(object_before_a_failing_object_is_unpatched);
	TAP_TEST(reversed_enabling_runs_post_unpatch_alone);
	TAP_TEST(reversed_disabling_runs_post_patch_again);
	TAP_TEST(force_runs_the_callbacks_of_completion);
	TAP_TEST(target_that_loads_is_patched_before_its_init);
	TAP_TEST(pre_patch_that_fails_refuses_the_target);
	TAP_TEST(unresolvable_function_refuses_the_target);
	TAP_TEST(target_that_a_later_patch_refuses_leaves_the_earlier_one);
	TAP_TEST(target_whose_init_fails_is_unpatched);
	TAP_TEST(late_target_gets_its_patches_in_enabling_order);
	TAP_TEST(target_that_loads_while_enabling_runs_post_patch_at_completion);
	TAP_TEST(target_that_unloads_while_enabling_runs_post_unpatch_alone);
	TAP_TEST(target_that_loads_while_disabling_runs_post_unpatch_at_completion);
	TAP_TEST(target_that_unloads_while_disabling_runs_post_unpatch_alone);
	TAP_TEST(refusal_during_a_transition_runs_the_callbacks_of_each_patch);
	TAP_TEST(callbacks_of_a_replaced_patch_never_run);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
