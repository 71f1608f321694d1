/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_step - replaces the function that lx_busy's work function calls next. No task is in that function,
 * so no task blocks the patch, although another function of the same object is on a stack.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>

static void new_step(void)
{
	pr_info("new step\n");
}

static struct klp_func busy_funcs[] = {
	{
		.old_name = "lx_busy_step",
		.new_func = new_step,
	}, { }
};

static struct klp_object objs[] = {
	{
		.name = "lx_busy",
		.funcs = busy_funcs,
	}, { }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init lx_step_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit lx_step_exit(void)
{
}

module_init(lx_step_init);
module_exit(lx_step_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("Compatibility test: the callee of a busy function");
