/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_mod - a module without functions, a target for callbacks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>

static int lx_mod_init(void)
{
	pr_info("%s\n", __func__);
	return 0;
}

static void lx_mod_exit(void)
{
	pr_info("%s\n", __func__);
}

module_init(lx_mod_init);
module_exit(lx_mod_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Compatibility test: a target of callbacks");
