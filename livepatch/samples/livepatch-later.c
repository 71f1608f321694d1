// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A patch for a module that may not be loaded yet.
 *
 * An object of a patch has a name: that of a module. The module may be loaded before the patch,
 * or after it, or be loaded and unloaded many times:
 *
 *	insmod livepatch-later.ko
 *	cat /sys/kernel/livepatch/livepatch_later/livepatch_later_mod/patched	# 0: not there
 *	insmod livepatch-later-mod.ko						# and it says...
 *	cat /proc/greeting							# good evening
 *
 * A module that is loaded later is patched before its init function runs, so the old version
 * is never called. The module may be unloaded before the patch: a patch holds no reference
 * on the modules that it patches.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/livepatch.h>

static const char *evening_greeting(void)
{
	return "good evening";
}

static struct klp_func greeting_funcs[] = {
	{ .old_name = "greeting", .new_func = evening_greeting },
	{ }
};

static struct klp_object later_objs[] = {
	{
		/* The module's name as lsmod shows it, not the name of its file. */
		.name = "livepatch_later_mod",
		.funcs = greeting_funcs,
	},
	{ }
};

static struct klp_patch later_patch = {
	.mod = THIS_MODULE,
	.objs = later_objs,
};

static int __init later_init(void)
{
	return klp_enable_patch(&later_patch);
}

static void __exit later_exit(void)
{
}

module_init(later_init);
module_exit(later_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live patch of a module that may load later");
MODULE_INFO(livepatch, "Y");
