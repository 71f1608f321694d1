// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A patch that changes the system, with a state that the next release takes over.
 *
 * This patch sets the console to all messages, and restores the old level when it is disabled.
 * When a newer release replaces it (livepatch-replace.c), its callbacks do not run. The newer
 * release must learn that the console was changed already, and the old level. A system state
 * carries this: an id, a version of its meaning, and data.
 *
 *	insmod livepatch-state.ko
 *	cat /proc/sys/kernel/printk				# 15 ..., after the transition
 *	insmod livepatch-state2.ko				# takes over: still 15
 *	rmmod livepatch_state; insmod livepatch-state.ko	# refused: it knows less
 *	echo 0 > /sys/kernel/livepatch/livepatch_state2/enabled	# as before the first
 *
 * livepatch-state2.c is the same source, as the release that understands version 2. The kernel
 * refuses a patch that would replace a state which it does not know, or knows in an older
 * version only. Three of the callbacks ask for the previous state first: if there is
 * one, its data is used, and no step is done twice.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/livepatch.h>
#include <linux/printk.h>
#include <linux/slab.h>

#define CONSOLE_STATE	1
#ifndef STATE_VERSION
#define STATE_VERSION	1
#endif

static struct klp_func no_funcs[] = {
	{ }
};

static struct klp_state console_states[] = {
	{ .id = CONSOLE_STATE, .version = STATE_VERSION },
	{ }
};
#define console_state	(&console_states[0])	/* data: the old level, kmalloc'ed */

/* Only this step can fail: memory for the old level, unless an older patch has it already. */
static int prepare_console(struct klp_object *obj)
{
	if (klp_get_prev_state(CONSOLE_STATE))
		return 0;
	console_state->data = kmalloc(sizeof(int), GFP_KERNEL);
	return console_state->data ? 0 : -ENOMEM;
}

static void switch_console(struct klp_object *obj)
{
	struct klp_state *prev = klp_get_prev_state(CONSOLE_STATE);

	if (prev) {
		/* The older patch is gone from here on, and its data belongs to this one. */
		console_state->data = prev->data;
		pr_info("version %d takes over from %u\n", STATE_VERSION, prev->version);
		return;
	}
	*(int *)console_state->data = console_loglevel;
	console_loglevel = CONSOLE_LOGLEVEL_MOTORMOUTH;
	pr_info("the console gets all messages\n");
}

static void restore_console(struct klp_object *obj)
{
	console_loglevel = *(int *)console_state->data;
	pr_info("the console is as before\n");
}

static void forget_console(struct klp_object *obj)
{
	/* A previous state exists only after a reversal: its data is the older patch's. */
	if (!klp_get_prev_state(CONSOLE_STATE))
		kfree(console_state->data);
	console_state->data = NULL;
}

static struct klp_object state_objs[] = {
	{
		.funcs = no_funcs,
		.callbacks = {
			.pre_patch = prepare_console,
			.post_patch = switch_console,
			.pre_unpatch = restore_console,
			.post_unpatch = forget_console,
		},
	},
	{ }
};

static struct klp_patch state_patch = {
	.mod = THIS_MODULE,
	.objs = state_objs,
	.states = console_states,
	.replace = true,
};

static int __init state_init(void)
{
	return klp_enable_patch(&state_patch);
}

static void __exit state_exit(void)
{
}

module_init(state_init);
module_exit(state_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live patch with a system state");
MODULE_INFO(livepatch, "Y");
