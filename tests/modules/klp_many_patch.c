/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A patch that replaces all hundred functions of klp_many with one function that returns 1. */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include "klp_many.h"

static noinline int many_one(void)
{
	return 1;
}

static struct klp_func many_funcs[] = {
#define ENTRY(n)	{ .old_name = "many_" #n, .new_func = many_one },
	MANY_ALL(ENTRY)
	{ }
};

static struct klp_object many_objs[] = {
	{ .name = "klp_many", .funcs = many_funcs },
	{ }
};

static struct klp_patch many_patch = {
	.mod = THIS_MODULE,
	.objs = many_objs,
};

static int __init many_patch_init(void)
{
	return klp_enable_patch(&many_patch);
}

static void __exit many_patch_exit(void)
{
}

module_init(many_patch_init);
module_exit(many_patch_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
