/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A patch of the kernel function that the parameter "target" names; tests use it for functions that are refused. */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>

static char *target = "";
module_param(target, charp, 0444);

static noinline void name_replacement(void)
{
}

static struct klp_func name_funcs[] = {
	{ .new_func = name_replacement },
	{ }
};

static struct klp_object name_objs[] = {
	{ .funcs = name_funcs },
	{ }
};

static struct klp_patch name_patch = {
	.mod = THIS_MODULE,
	.objs = name_objs,
};

static int __init name_init(void)
{
	name_funcs[0].old_name = target;
	return klp_enable_patch(&name_patch);
}

static void __exit name_exit(void)
{
}

module_init(name_init);
module_exit(name_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
