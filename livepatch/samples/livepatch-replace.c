// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A cumulative patch: it replaces all active patches.
 *
 * Patches can be stacked, but a stack is hard to reason about: the third depends on the
 * second, and the second cannot be disabled. With .replace, each release of a patch contains
 * all changes that should be in force, and replaces all patches that were enabled:
 *
 *	insmod livepatch-sample.ko	# /proc/cmdline says something else
 *	insmod livepatch-later.ko
 *	insmod livepatch-replace.ko	# release 2: says something else again
 *	ls /sys/kernel/livepatch	# livepatch_replace, and nothing else
 *	rmmod livepatch_sample livepatch_later
 *
 * Functions that the new patch does not contain become original again in the same transition:
 * no task sees a mixture. The callbacks of the replaced patches do not run, for only the newer
 * patch can know which of their effects stay. To go back, load the older release again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/livepatch.h>
#include <linux/seq_file.h>

static int second_cmdline_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s: this is release 2\n", THIS_MODULE->name);
	return 0;
}

static struct klp_func replace_funcs[] = {
	{ .old_name = "cmdline_proc_show", .new_func = second_cmdline_show },
	{ }
};

static struct klp_object replace_objs[] = {
	{ .funcs = replace_funcs },
	{ }
};

static struct klp_patch replace_patch = {
	.mod = THIS_MODULE,
	.objs = replace_objs,
	.replace = true,
};

static int __init replace_init(void)
{
	return klp_enable_patch(&replace_patch);
}

static void __exit replace_exit(void)
{
}

module_init(replace_init);
module_exit(replace_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live patch that takes over from all others");
MODULE_INFO(livepatch, "Y");
