/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_target_patch - replaces the function of lx_target. The module lx_target may be loaded before or
 * after the patch.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/livepatch.h>
#include <linux/seq_file.h>

static int new_target_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s: %s\n", THIS_MODULE->name, "patched output");
	return 0;
}

static struct klp_func target_funcs[] = {
	{
		.old_name = "lx_target_show",
		.new_func = new_target_show,
	},
	{},
};

static struct klp_object objs[] = {
	{
		.name = "lx_target",
		.funcs = target_funcs,
	},
	{},
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int lx_target_patch_init(void)
{
	return klp_enable_patch(&patch);
}

static void lx_target_patch_exit(void)
{
}

module_init(lx_target_patch_init);
module_exit(lx_target_patch_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("Compatibility test: patch of a module's function");
