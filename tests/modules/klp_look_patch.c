/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The patch of klp_look. Its functions belong together: the new outer function calls the new inner function. */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>

extern void look_stay(int version);
extern void look_sleep(void);
extern int look_inner(void);

static noinline int look_new_inner(void)
{
	return 2;
}

static noinline int look_new_outer(void)
{
	look_stay(2);
	return look_inner() != 2;
}

static noinline int look_new_block(void)
{
	look_sleep();
	return 2;
}

static struct klp_func funcs[] = {
	{ .old_name = "look_inner", .new_func = look_new_inner },
	{ .old_name = "look_outer", .new_func = look_new_outer },
	{ .old_name = "look_block", .new_func = look_new_block },
	{ }
};

static struct klp_object objs[] = {
	{ .name = "klp_look", .funcs = funcs },
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init look_patch_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit look_patch_exit(void)
{
}

module_init(look_patch_init);
module_exit(look_patch_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
