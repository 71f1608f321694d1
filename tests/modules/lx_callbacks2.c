/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_callbacks2 - a second patch with callbacks and without functions. With replace=1 it replaces the
 * first patch, otherwise both are enabled.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>

static int replace;
module_param(replace, int, 0644);
MODULE_PARM_DESC(replace, "take over from all active patches (default=0)");

static void say(const char *callback, struct klp_object *obj)
{
	pr_info("%s: %s\n", callback, obj->mod ? obj->mod->name : "vmlinux");
}

static int pre_patch_callback(struct klp_object *obj)
{
	say(__func__, obj);
	return 0;
}

static void post_patch_callback(struct klp_object *obj)
{
	say(__func__, obj);
}

static void pre_unpatch_callback(struct klp_object *obj)
{
	say(__func__, obj);
}

static void post_unpatch_callback(struct klp_object *obj)
{
	say(__func__, obj);
}

static struct klp_func no_funcs[] = {
	{ }
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

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int lx_callbacks2_init(void)
{
	patch.replace = replace;
	return klp_enable_patch(&patch);
}

static void lx_callbacks2_exit(void)
{
}

module_init(lx_callbacks2_init);
module_exit(lx_callbacks2_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("Compatibility test: callbacks without functions");
