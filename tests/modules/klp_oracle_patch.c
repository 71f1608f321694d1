/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The patch of klp_oracle: version 1 of its pair of functions, and of its interrupt function. */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include "klp_oracle.h"

static noinline int oracle_inner_v1(void)
{
	oracle_check_state(1);
	return 1;
}

/* A call of oracle_inner() by this name goes through the hook, as from any other caller. */
extern int oracle_inner(void);

static noinline int oracle_outer_v1(int kind)
{
	oracle_check_state(1);
	oracle_pause(kind);
	oracle_check_still(1);
	oracle_note_pair(1, oracle_inner());
	return 1;
}

static noinline void oracle_tick_v1(void)
{
	int state = READ_ONCE(current->patch_state);

	oracle_check_state(1);
	oracle_note_interrupt(1, oracle_inner(), state);
}

static struct klp_func oracle_funcs[] = {
	{ .old_name = "oracle_outer", .new_func = oracle_outer_v1 },
	{ .old_name = "oracle_inner", .new_func = oracle_inner_v1 },
	{ .old_name = "oracle_tick", .new_func = oracle_tick_v1 },
	{ }
};

/* From here on, until post_unpatch, version 1 may run. */
static int oracle_pre_patch(struct klp_object *obj)
{
	WRITE_ONCE(oracle_turns, oracle_turns + 2);
	WRITE_ONCE(oracle_patch_gone, 0);
	WRITE_ONCE(oracle_in_transition, &oracle_funcs[0].version.transition);
	return 0;
}

/* From here on, until the patch is disabled, no task may be in version 0. */
static void oracle_post_patch(struct klp_object *obj)
{
	WRITE_ONCE(oracle_settled, 1);
}

static void oracle_pre_unpatch(struct klp_object *obj)
{
	WRITE_ONCE(oracle_settled, 0);
	WRITE_ONCE(oracle_turns, oracle_turns + 2);
}

static void oracle_post_unpatch(struct klp_object *obj)
{
	WRITE_ONCE(oracle_in_transition, NULL);
	WRITE_ONCE(oracle_patch_gone, 1);
}

static struct klp_object oracle_objs[] = {
	{
		.name = "klp_oracle",
		.funcs = oracle_funcs,
		.callbacks = {
			.pre_patch = oracle_pre_patch,
			.post_patch = oracle_post_patch,
			.pre_unpatch = oracle_pre_unpatch,
			.post_unpatch = oracle_post_unpatch,
		},
	},
	{ }
};

static struct klp_patch oracle_patch = {
	.mod = THIS_MODULE,
	.objs = oracle_objs,
};

static int __init oracle_patch_init(void)
{
	return klp_enable_patch(&oracle_patch);
}

static void __exit oracle_patch_exit(void)
{
}

module_init(oracle_patch_init);
module_exit(oracle_patch_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
