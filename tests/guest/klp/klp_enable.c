/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_enable.c - patches that klp_enable_patch() accepts and refuses. The test compares the errno
 * and the lines in the log, and checks that a refused patch leaves no trace.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "klp_story.h"
#include "klp_task.h"
#include "klp_text.h"

#define ANY	"klp_any"
#define ON_CMDLINE "objs=vmlinux:cmdline_proc_show"
#define LIVEPATCH_OBJECT(object, patch) \
	"object '" object "' of patch '" patch "' is a livepatch module: " \
	"patch the function that it replaces, where that is, and yours will stand over it\n"

static bool module_is_loaded(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return access(path, F_OK) == 0;
}

/* Checks that insmod fails with @error, that the log has @lines, and that no directory or module is left. */
static void refused(const char *module, const char *args, int error, const char *lines)
{
	klp_log_clear();
	CHECK_EQ(insmod_args(module, args), error);
	STORY(lines);
	CHECK(!klp_exists(module));
	CHECK(!module_is_loaded(module));
}

/* ---- the structures --------------------------------------------------------------------- */

static void a_patch_without_its_parts_is_refused(void)
{
	refused(ANY, "flaw=null", EINVAL, "a patch needs mod and objs\n");
	refused(ANY, "flaw=no-mod", EINVAL, "a patch needs mod and objs\n");
	refused(ANY, "flaw=no-objs", EINVAL, "a patch needs mod and objs\n");
	refused(ANY, "flaw=no-funcs", EINVAL,
		"object 'klp_target' of patch 'klp_any' needs a list of functions, if only an empty one\n");
}

static void an_unmarked_module_is_refused(void)
{
	refused("klp_unmarked", "", EINVAL, "module klp_unmarked is not marked as a livepatch module\n");
	/* The mark is checked before the contents of objects. */
	refused("klp_unmarked", "flaw=no-new-func", EINVAL,
		"module klp_unmarked is not marked as a livepatch module\n");
}

static void malformed_functions_and_objects_are_refused(void)
{
	char name[80] = "";

	refused(ANY, "flaw=no-new-func", EINVAL,
		"function 'version_proc_show' of object 'vmlinux' needs new_func, and a name shorter than 512\n");
	refused(ANY, "flaw=no-old-name", EINVAL,
		"function '?' of object 'vmlinux' needs new_func, and a name shorter than 512\n");
	memset(name, 'x', 64);
	klp_log_clear();
	CHECK_EQ(insmod_args(ANY, "flaw=long-func"), EINVAL);
	CHECK(strstr(story(), name) && strstr(story(), "needs new_func, and a name shorter than 512\n"));
	klp_log_clear();
	CHECK_EQ(insmod_args(ANY, "flaw=long-object"), EINVAL);
	CHECK(strstr(story(), "needs a name shorter than 56\n"));
}

static void listing_an_object_or_a_function_twice_is_refused(void)
{
	refused(ANY, "objs=vmlinux:cmdline_proc_show;vmlinux:version_proc_show", EEXIST,
		"object 'vmlinux' of patch 'klp_any' is listed twice (entries 0 and 1)\n");
	refused(ANY, "objs=klp_target:target_alpha;klp_target_b:;klp_target:", EEXIST,
		"object 'klp_target' of patch 'klp_any' is listed twice (entries 0 and 2)\n");
	refused(ANY, "objs=vmlinux:cmdline_proc_show,cmdline_proc_show", EEXIST,
		"function 'cmdline_proc_show' of object 'vmlinux' is listed twice\n");
	/* Positions 0 and 1 mean the same symbol here. */
	refused(ANY, "objs=vmlinux:cmdline_proc_show,cmdline_proc_show/1", EEXIST,
		"function 'cmdline_proc_show' of object 'vmlinux' is listed twice\n");
}

/* One patch would have two versions on one hook: tasks that have not changed over would run the lower one. */
static void two_names_of_one_function_are_listed_twice(void)
{
	CHECK_EQ(insmod("klp_target"), 0);
	refused(ANY, "objs=klp_target:target_alpha,target_gamma,target_gamma_alias", EEXIST,
		"functions 'target_gamma' and 'target_gamma_alias' of object 'klp_target' are the same\n");
	CHECK_EQ(rmmod("klp_target"), 0);
	CHECK_EQ(insmod_args(ANY, "objs=klp_target:target_gamma_alias,target_gamma"), 0);
	klp_wait(ANY);
	klp_log_clear();
	CHECK_EQ(insmod("klp_target"), EEXIST);
	STORY("functions 'target_gamma_alias' and 'target_gamma' of object 'klp_target' are the same\n"
	      "failed to initialize patch 'klp_any' for module 'klp_target' (-17)\n"
	      "patch 'klp_any' failed for module 'klp_target', refusing to load module 'klp_target'\n");
	klp_unload(ANY);
}

static void an_object_may_have_callbacks_only(void)
{
	klp_log_clear();
	CHECK_EQ(insmod_args(ANY, "objs=vmlinux: callbacks=1"), 0);
	klp_wait(ANY);
	CHECK_EQ(klp_read(ANY, "vmlinux/patched"), 1);
	klp_unload(ANY);
	STORY(ENABLING(ANY) "klp_any: pre_patch vmlinux\n" STARTING(ANY, "patching") COMPLETING(ANY, "patching")
	      "klp_any: post_patch vmlinux\n" COMPLETE(ANY, "patching") INITIALIZING(ANY, "unpatching")
	      "klp_any: pre_unpatch vmlinux\n" STARTING(ANY, "unpatching") COMPLETING(ANY, "unpatching")
	      "klp_any: post_unpatch vmlinux\n" COMPLETE(ANY, "unpatching"));
}

/* ---- names and positions -------------------------------------------------------------------- */

static void unknown_names_and_positions_are_refused(void)
{
	refused(ANY, "objs=vmlinux:no_such_function", EINVAL, "symbol 'no_such_function' not found in symbol table\n");
	refused(ANY, "objs=vmlinux:cmdline_proc_show/2", EINVAL,
		"symbol position 2 for symbol 'cmdline_proc_show' in object 'vmlinux' not found\n");
	refused(ANY, "objs=vmlinux:no_such_function/1", EINVAL, "symbol 'no_such_function' not found in symbol table\n");
	/* A function of the kernel is looked up in the kernel only, a function of a module in that module only. */
	CHECK_EQ(insmod("klp_target"), 0);
	CHECK_EQ(insmod("klp_twins"), 0);
	refused(ANY, "objs=vmlinux:target_alpha", EINVAL, "symbol 'target_alpha' not found in symbol table\n");
	refused(ANY, "objs=klp_twins:target_alpha", EINVAL, "symbol 'target_alpha' not found in symbol table\n");
	refused(ANY, "objs=klp_target:cmdline_proc_show", EINVAL,
		"symbol 'cmdline_proc_show' not found in symbol table\n");
	/* The kernel freed this function at the end of the boot. */
	refused(ANY, "objs=vmlinux:workqueue_init", EINVAL, "symbol 'workqueue_init' not found in symbol table\n");
	CHECK_EQ(rmmod("klp_twins"), 0);
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void the_position_chooses_among_functions_of_one_name(void)
{
	static const struct {
		const char *args, *shows;
	} positions[] = {
		{ "objs=klp_twins:twin_value/1", "100 2" },
		{ "objs=klp_twins:twin_value/2", "1 100" },
		{ "objs=klp_twins:twin_value/1,twin_value/2", "100 100" },
	};
	char text[64];

	CHECK_EQ(insmod("klp_twins"), 0);
	refused(ANY, "objs=klp_twins:twin_value", EINVAL,
		"unresolvable ambiguity for symbol 'twin_value' in object 'klp_twins'\n");
	refused(ANY, "objs=klp_twins:twin_value/3", EINVAL,
		"symbol position 3 for symbol 'twin_value' in object 'klp_twins' not found\n");
	for (unsigned i = 0; i < sizeof(positions) / sizeof(positions[0]); i++) {
		CHECK_EQ(insmod_args(ANY, positions[i].args), 0);
		klp_wait(ANY);
		CHECK_STR(slurp("/proc/klp_twins", text, sizeof(text)), positions[i].shows);
		klp_unload(ANY);
		CHECK_STR(slurp("/proc/klp_twins", text, sizeof(text)), "1 2");
	}
	CHECK_EQ(rmmod("klp_twins"), 0);
}

static void functions_that_cannot_be_hooked_or_measured_are_refused(void)
{
	refused(ANY, "objs=vmlinux:klp_update_patch_state", EINVAL,
		"failed to find location for function 'klp_update_patch_state': it has no entry slot\n");
	/* No symbol begins at the new function. */
	refused(ANY, "flaw=new-inside", ENOENT, "kallsyms size lookup failed for 'version_proc_show' replacement\n");
}

/*
 * The second object is wrong: nothing of the first object is left, and its function can be patched
 * afterwards.
 */
static void a_late_refusal_undoes_what_was_prepared(void)
{
	CHECK_EQ(insmod("klp_target"), 0);
	refused(ANY, "objs=vmlinux:cmdline_proc_show;klp_target:target_alpha,no_such_function", EINVAL,
		"symbol 'no_such_function' not found in symbol table\n");
	CHECK_EQ(insmod_args(ANY, "objs=vmlinux:cmdline_proc_show;klp_target:target_alpha"), 0);
	klp_wait(ANY);
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/*
 * Suppose a newer patch replaced a function of an older patch. A task in the newer version would still
 * be in the older patch, but its stack would not show a function of the older patch. A patch cannot
 * change its own functions either.
 */
static void functions_of_patches_cannot_be_patched(void)
{
	CHECK_EQ(insmod("klp_target"), 0);
	CHECK_EQ(insmod_args(ANY, "objs=klp_target:target_block"), 0);
	klp_wait(ANY);
	refused("klp_any2", "objs=klp_any:any_new_block", EINVAL, LIVEPATCH_OBJECT("klp_any", "klp_any2"));
	refused("klp_any2", "objs=vmlinux:cmdline_proc_show;klp_any: replace=1", EINVAL,
		LIVEPATCH_OBJECT("klp_any", "klp_any2"));
	refused("klp_any2", "objs=klp_any2:any_new", EINVAL, LIVEPATCH_OBJECT("klp_any2", "klp_any2"));
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void a_patch_that_is_the_target_of_another_patch_cannot_load(void)
{
	CHECK_EQ(insmod_args("klp_any2", "objs=klp_any:any_new"), 0);
	klp_wait("klp_any2");
	refused(ANY, ON_CMDLINE, EINVAL,
		LIVEPATCH_OBJECT("klp_any", "klp_any2")
		"failed to initialize patch 'klp_any2' for module 'klp_any' (-22)\n"
		"patch 'klp_any2' failed for module 'klp_any', refusing to load module 'klp_any'\n");
	klp_unload("klp_any2");
	CHECK_EQ(insmod_args(ANY, ON_CMDLINE), 0);
	klp_wait(ANY);
	klp_unload(ANY);
}

/* ---- other patches ------------------------------------------------------------------ */

static int write_again(const char *text)
{
	return spit("/sys/module/" ANY "/parameters/again", text);
}

static void enabling_an_active_patch_again_is_refused(void)
{
	CHECK_EQ(insmod_args(ANY, ON_CMDLINE), 0);
	klp_wait(ANY);
	klp_log_clear();
	CHECK_EQ(write_again("1"), EINVAL);
	STORY("patch 'klp_any' is enabled already\n");
	CHECK_EQ(klp_read(ANY, "enabled"), 1);
	CHECK_EQ(klp_read(ANY, "stack_order"), 1);
	klp_unload(ANY);
}

static void a_second_patch_of_one_module_is_refused(void)
{
	CHECK_EQ(insmod_args(ANY, ON_CMDLINE), 0);
	klp_wait(ANY);
	klp_log_clear();
	CHECK_EQ(write_again("other"), EEXIST);
	STORY("another patch of module klp_any is enabled, or still going away\n");
	klp_unload(ANY);
}

/*
 * The patch goes from the moment it is disabled until its directory is gone. During that time each
 * call must find a patch whose data is still complete.
 */
static void enabling_a_patch_that_is_going_away_is_refused_until_it_is_gone(void)
{
	int refusals = 0;

	CHECK_EQ(insmod_args(ANY, ON_CMDLINE), 0);
	for (int round = 0; round < 50; round++) {
		int error;

		klp_wait(ANY);
		CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
		while ((error = write_again("1"))) {
			CHECK(error == EEXIST || error == EBUSY);
			refusals++;
		}
		CHECK_EQ(klp_read(ANY, "enabled"), 1);
	}
	tap_line("# refused %d times", refusals);
	klp_wait(ANY);
	klp_unload(ANY);
}

/* A child tries to remove the module all the time. The module must stay while the core still uses the patch. */
static void module_of_a_patch_goes_when_the_patch_has_gone(void)
{
	for (int round = 0; round < 20; round++) {
		pid_t child;
		int error;

		CHECK_EQ(insmod_args(ANY, ON_CMDLINE), 0);
		klp_wait(ANY);
		child = fork();
		CHECK(child >= 0);
		if (child == 0) {
			while ((error = rmmod(ANY)) == EWOULDBLOCK)
				;
			_exit(error);
		}
		CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
		CHECK_EQ(wait_status(child), 0);
		CHECK(!klp_exists(ANY) && !module_is_loaded(ANY));
	}
}

static void a_second_patch_is_busy_before_its_contents_are_checked(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod("klp_target"), 0);
	sleeper = start_reader("/proc/klp_target_block", "target_block");
	CHECK_EQ(insmod_args(ANY, "objs=klp_target:target_block"), 0);
	CHECK_EQ(klp_read(ANY, "transition"), 1);
	refused("klp_any2", "objs=vmlinux:no_such_function", EBUSY,
		"patch 'klp_any2': the transition of 'klp_any' is not complete; wait for it or reverse it\n");
	CHECK_EQ(write_again("1"), EBUSY);
	CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
	klp_wait_gone(ANY);
	end_child(sleeper);
	CHECK_EQ(rmmod(ANY), 0);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* ---- failures after the transition has begun ---------------------------------------- */

static void failing_pre_patch_cancels_with_its_own_errno(void)
{
	refused(ANY, ON_CMDLINE " callbacks=1 fail=vmlinux error=-19", ENODEV,
		ENABLING(ANY) "klp_any: pre_patch vmlinux\npre-patch callback failed for object 'vmlinux'\n"
		CANCELING(ANY) COMPLETE(ANY, "unpatching"));
	CHECK_EQ(patch_state(1), -1);
}

static void positive_result_of_pre_patch_is_an_error(void)
{
	refused(ANY, ON_CMDLINE " fail=vmlinux error=7", EINVAL,
		ENABLING(ANY) "pre-patch callback of object 'vmlinux' returned 7: 0 or a negative errno is expected\n"
		"pre-patch callback failed for object 'vmlinux'\n" CANCELING(ANY) COMPLETE(ANY, "unpatching"));
}

static void hooks_that_are_switched_off_cancel_with_ebusy(void)
{
	CHECK_EQ(spit("/proc/sys/kernel/ftrace_enabled", "0"), 0);
	refused(ANY, ON_CMDLINE " callbacks=1", EBUSY,
		ENABLING(ANY) "klp_any: pre_patch vmlinux\n"
		"failed to register ftrace handler for function 'cmdline_proc_show' (-16)\n"
		"failed to patch object 'vmlinux'\n" CANCELING(ANY) "klp_any: post_unpatch vmlinux\n"
		COMPLETE(ANY, "unpatching"));
	CHECK_EQ(spit("/proc/sys/kernel/ftrace_enabled", "1"), 0);
}

static void hooks_cannot_be_switched_off_under_a_patch(void)
{
	char text[4096];

	CHECK_EQ(insmod("livepatch-sample"), 0);
	klp_wait("livepatch_sample");
	CHECK_EQ(spit("/proc/sys/kernel/ftrace_enabled", "0"), EBUSY);
	CHECK_STR(slurp("/proc/sys/kernel/ftrace_enabled", text, sizeof(text)), "1");
	CHECK_STR(slurp("/proc/cmdline", text, sizeof(text)), "livepatch_sample: this has been live patched");
	klp_unload("livepatch_sample");
	CHECK_EQ(spit("/proc/sys/kernel/ftrace_enabled", "0"), 0);
	CHECK_EQ(spit("/proc/sys/kernel/ftrace_enabled", "1"), 0);
	CHECK_EQ(spit("/proc/sys/kernel/ftrace_enabled", "x"), EINVAL);
}

static void a_target_that_loads_while_hooks_are_off_is_refused(void)
{
	CHECK_EQ(insmod_args(ANY, "objs=klp_target:target_alpha callbacks=1"), 0);
	klp_wait(ANY);
	CHECK_EQ(spit("/proc/sys/kernel/ftrace_enabled", "0"), 0);
	klp_log_clear();
	CHECK_EQ(insmod("klp_target"), EBUSY);
	STORY("applying patch 'klp_any' to loading module 'klp_target'\n"
	      "klp_any: pre_patch klp_target coming\n"
	      "failed to register ftrace handler for function 'target_alpha' (-16)\n"
	      "failed to apply patch 'klp_any' to module 'klp_target' (-16)\n"
	      "klp_any: post_unpatch klp_target coming\n"
	      "patch 'klp_any' failed for module 'klp_target', refusing to load module 'klp_target'\n");
	CHECK_EQ(spit("/proc/sys/kernel/ftrace_enabled", "1"), 0);
	CHECK_EQ(insmod("klp_target"), 0);
	CHECK_EQ(klp_read(ANY, "klp_target/patched"), 1);
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* ---- what remains after a patch ----------------------------------------------------- */

static void the_hash_of_text_sees_a_patched_function(void)
{
	char before[64], patched[64], after[64];

	CHECK_EQ(insmod("klp_target"), 0);
	klp_text_hash("klp_target", before, sizeof(before));
	CHECK_EQ(insmod_args(ANY, "objs=klp_target:target_beta"), 0);
	klp_wait(ANY);
	klp_text_hash("klp_target", patched, sizeof(patched));
	CHECK(strcmp(before, patched) != 0);
	klp_unload(ANY);
	klp_text_hash("klp_target", after, sizeof(after));
	CHECK_STR(after, before);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* Even a patch that was refused taints the kernel, because its module was loaded. */
static void kernel_and_module_are_tainted(void)
{
	char text[64];

	CHECK_EQ(insmod_args(ANY, "objs=vmlinux:no_such_function"), EINVAL);
	CHECK(atoi(slurp("/proc/sys/kernel/tainted", text, sizeof(text))) & 32768);
	CHECK_EQ(insmod_args(ANY, ON_CMDLINE), 0);
	CHECK(strchr(slurp("/sys/module/" ANY "/taint", text, sizeof(text)), 'K') != NULL);
	klp_wait(ANY);
	klp_unload(ANY);
	CHECK(atoi(slurp("/proc/sys/kernel/tainted", text, sizeof(text))) & 32768);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(a_patch_without_its_parts_is_refused);
	TAP_TEST(an_unmarked_module_is_refused);
	TAP_TEST(malformed_functions_and_objects_are_refused);
	TAP_TEST(listing_an_object_or_a_function_twice_is_refused);
	TAP_TEST(two_names_of_one_function_are_listed_twice);
	TAP_TEST(an_object_may_have_callbacks_only);
	TAP_TEST(unknown_names_and_positions_are_refused);
	TAP_TEST(the_position_chooses_among_functions_of_one_name);
	TAP_TEST(functions_that_cannot_be_hooked_or_measured_are_refused);
	TAP_TEST(a_late_refusal_undoes_what_was_prepared);
	TAP_TEST(functions_of_patches_cannot_be_patched);
	TAP_TEST(a_patch_that_is_the_target_of_another_patch_cannot_load);
	TAP_TEST(enabling_an_active_patch_again_is_refused);
	TAP_TEST(a_second_patch_of_one_module_is_refused);
	TAP_TEST(enabling_a_patch_that_is_going_away_is_refused_until_it_is_gone);
	TAP_TEST(module_of_a_patch_goes_when_the_patch_has_gone);
	TAP_TEST(a_second_patch_is_busy_before_its_contents_are_checked);
	TAP_TEST(failing_pre_patch_cancels_with_its_own_errno);
	TAP_TEST(positive_result_of_pre_patch_is_an_error);
	TAP_TEST(hooks_that_are_switched_off_cancel_with_ebusy);
	TAP_TEST(hooks_cannot_be_switched_off_under_a_patch);
	TAP_TEST(a_target_that_loads_while_hooks_are_off_is_refused);
	TAP_TEST(the_hash_of_text_sees_a_patched_function);
	TAP_TEST(kernel_and_module_are_tainted);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
