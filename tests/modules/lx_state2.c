/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_state2 - supports system state 1 in version 2. It takes over the data of the older patch that it
 * replaces. So a disable of lx_state2 restores the level from before the first patch. lx_state3 is the
 * same source in another module.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/printk.h>
#include <linux/slab.h>

#define CONSOLE_STATE_ID 1

static struct klp_patch patch;

static int allocate_state(void)
{
	struct klp_state *state, *prev;

	prev = klp_get_prev_state(CONSOLE_STATE_ID);
	if (prev) {
		pr_info("%s: version %u has the space\n", __func__, prev->version);
		return 0;
	}

	state = klp_get_state(&patch, CONSOLE_STATE_ID);
	if (!state)
		return -EINVAL;
	state->data = kzalloc(sizeof(console_loglevel), GFP_KERNEL);
	if (!state->data)
		return -ENOMEM;
	pr_info("%s: space for the old level\n", __func__);
	return 0;
}

static void change_level(void)
{
	struct klp_state *state, *prev;

	state = klp_get_state(&patch, CONSOLE_STATE_ID);
	if (!state)
		return;

	prev = klp_get_prev_state(CONSOLE_STATE_ID);
	if (prev) {
		pr_info("%s: taken over from version %u\n", __func__, prev->version);
		state->data = prev->data;
		return;
	}

	pr_info("%s: everything is printed now\n", __func__);
	*(int *)state->data = console_loglevel;
	console_loglevel = CONSOLE_LOGLEVEL_MOTORMOUTH;
}

static void restore_level(void)
{
	struct klp_state *state = klp_get_state(&patch, CONSOLE_STATE_ID);

	if (!state)
		return;
	pr_info("%s: the old level again\n", __func__);
	console_loglevel = *(int *)state->data;
}

static void free_state(void)
{
	struct klp_state *state, *prev;

	/* after the reversal of a replace that did not complete, the older patch still owns the space */
	prev = klp_get_prev_state(CONSOLE_STATE_ID);
	if (prev) {
		pr_info("%s: version %u keeps the space\n", __func__, prev->version);
		return;
	}

	state = klp_get_state(&patch, CONSOLE_STATE_ID);
	if (!state)
		return;
	pr_info("%s: space freed\n", __func__);
	kfree(state->data);
}

static int pre_patch_callback(struct klp_object *obj)
{
	pr_info("%s\n", __func__);
	return allocate_state();
}

static void post_patch_callback(struct klp_object *obj)
{
	pr_info("%s\n", __func__);
	change_level();
}

static void pre_unpatch_callback(struct klp_object *obj)
{
	pr_info("%s\n", __func__);
	restore_level();
}

static void post_unpatch_callback(struct klp_object *obj)
{
	pr_info("%s\n", __func__);
	free_state();
}

static struct klp_func no_funcs[] = {
	{}
};

static struct klp_object objs[] = {
	{
		.funcs = no_funcs,
		.callbacks = {
			.pre_patch = pre_patch_callback,
			.post_patch = post_patch_callback,
			.pre_unpatch = pre_unpatch_callback,
			.post_unpatch = post_unpatch_callback,
		},
	}, { }
};

static struct klp_state states[] = {
	{
		.id = CONSOLE_STATE_ID,
		.version = 2,
	}, { }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
	.states = states,
	.replace = true,
};

static int lx_state_init(void)
{
	return klp_enable_patch(&patch);
}

static void lx_state_exit(void)
{
}

module_init(lx_state_init);
module_exit(lx_state_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("Compatibility test: a system state, version 2");
