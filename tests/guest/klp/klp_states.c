/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_states.c - system states: which patches may follow a patch, and which data they take over. The
 * data of a state is a counter: klp_any counts the patches that have had the state.
 *
 * timeout: 120
 * warnings: expected
 */
#define _GNU_SOURCE
#include "klp_story.h"
#include "klp_text.h"

#define ANY	"klp_any"
#define ANY2	"klp_any2"
#define ANY3	"klp_any3"
#define INCOMPATIBLE(patch) \
	"Livepatch patch (" patch ") is not compatible with the already installed livepatches.\n"
#define ENABLED_TELLING(patch, lines) \
	ENABLING(patch) lines STARTING(patch, "patching") COMPLETING(patch, "patching") COMPLETE(patch, "patching")

static void load(const char *patch, const char *args)
{
	klp_log_clear();
	CHECK_EQ(insmod_args(patch, args), 0);
	klp_wait(patch);
}

static void refused(const char *patch, const char *args, const char *line)
{
	klp_log_clear();
	CHECK_EQ(insmod_args(patch, args), EINVAL);
	STORY(line);
	CHECK(!klp_exists(patch));
}

static void replaced(const char *patch)
{
	klp_wait_gone(patch);
	CHECK_EQ(rmmod(patch), 0);
}

static void a_new_state_has_no_predecessor(void)
{
	load(ANY, "states=1/1,7/3");
	STORY(ENABLED_TELLING(ANY, "klp_any: state 1 is new\nklp_any: state 7 is new\n"));
	klp_unload(ANY);
}

static void the_same_and_higher_versions_take_over(void)
{
	load(ANY, "states=1/1");
	load(ANY2, "states=1/1 replace=1");
	STORY(ENABLED_TELLING(ANY2, "klp_any2: state 1 from version 1, data 1\n"));
	replaced(ANY);
	load(ANY, "states=1/5 replace=1");
	STORY(ENABLED_TELLING(ANY, "klp_any: state 1 from version 1, data 2\n"));
	replaced(ANY2);
	klp_unload(ANY);
}

static void lower_versions_are_refused(void)
{
	load(ANY, "states=1/2");
	refused(ANY2, "states=1/1 replace=1", INCOMPATIBLE(ANY2));
	/* A lower version is refused in an additional patch as well, not only in a replacing patch. */
	refused(ANY2, "states=1/1", INCOMPATIBLE(ANY2));
	/* The states are checked first: the wrong function is not reported. */
	refused(ANY2, "states=1/1 objs=vmlinux:no_such_function", INCOMPATIBLE(ANY2));
	klp_unload(ANY);
	/* Without another patch, every version is compatible. */
	load(ANY2, "states=1/1");
	klp_unload(ANY2);
}

static void a_state_that_is_not_taken_over_keeps_its_patch_from_being_replaced(void)
{
	load(ANY, "states=1/1,2/1");
	refused(ANY2, "states=1/1 replace=1", INCOMPATIBLE(ANY2));
	refused(ANY2, "replace=1", INCOMPATIBLE(ANY2));
	load(ANY2, "states=1/1,2/1,3/1 replace=1");
	replaced(ANY);
	klp_unload(ANY2);
}

static void an_additional_patch_need_not_know_the_state(void)
{
	load(ANY, "states=1/1");
	load(ANY2, "");
	load(ANY3, "states=2/1");
	STORY(ENABLED_TELLING(ANY3, "klp_any3: state 2 is new\n"));
	klp_unload(ANY3);
	klp_unload(ANY2);
	klp_unload(ANY);
}

/* The new patch must be compatible with every active patch, not only with the newest one. */
static void all_active_patches_must_be_compatible(void)
{
	load(ANY, "states=1/3");
	load(ANY2, "states=2/1");
	refused(ANY3, "states=1/2,2/1", INCOMPATIBLE(ANY3));
	klp_unload(ANY);
	load(ANY3, "states=1/2,2/1");
	klp_unload(ANY3);
	klp_unload(ANY2);
}

static void the_newest_older_patch_is_the_predecessor(void)
{
	load(ANY, "states=1/1");
	load(ANY2, "states=1/2");
	load(ANY3, "states=1/3");
	STORY(ENABLED_TELLING(ANY3, "klp_any3: state 1 from version 2, data 2\n"));
	klp_unload(ANY2);
	klp_unload(ANY3);
	/* Now only the oldest patch is active. */
	load(ANY3, "states=1/3");
	STORY(ENABLED_TELLING(ANY3, "klp_any3: state 1 from version 1, data 1\n"));
	klp_unload(ANY3);
	klp_unload(ANY);
}

/* Outside a transition there is no older state: the call returns NULL, and warns the first time. */
static void states_are_asked_for_during_a_transition_only(void)
{
	klp_log_clear();
	CHECK_EQ(insmod_args(ANY, "states=1/1 flaw=early-state"), 0);
	CHECK(strstr(klp_log(), "WARNING") != NULL);
	CHECK(strstr(klp_log(), "klp_any: state 1 is new\n") != NULL);
	klp_wait(ANY);
	klp_log_clear();
	CHECK_EQ(insmod_args(ANY2, "states=1/1 flaw=early-state"), 0);
	klp_wait(ANY2);
	CHECK(strstr(klp_log(), "WARNING") == NULL);
	CHECK(strstr(story(), "klp_any2: state 1 is new\nenabling patch 'klp_any2'\n") != NULL);
	CHECK(strstr(story(), "klp_any2: state 1 from version 1, data 1\n") != NULL);
	klp_unload(ANY2);
	klp_unload(ANY);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(a_new_state_has_no_predecessor);
	TAP_TEST(the_same_and_higher_versions_take_over);
	TAP_TEST(lower_versions_are_refused);
	TAP_TEST(a_state_that_is_not_taken_over_keeps_its_patch_from_being_replaced);
	TAP_TEST(an_additional_patch_need_not_know_the_state);
	TAP_TEST(all_active_patches_must_be_compatible);
	TAP_TEST(the_newest_older_patch_is_the_predecessor);
	TAP_TEST(states_are_asked_for_during_a_transition_only);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
