// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A cumulative patch: one that takes over from all that are active.
 *
 * Patches can be stacked, but a stack is hard to reason about: the third depends on the
 * second, and the second cannot go. With .replace, each release of a patch contains
 * everything that should be in force, and takes the place of whatever was there:
 *
 *	insmod livepatch-sample.ko	# /proc/cmdline says something else
 *	insmod livepatch-later.ko
 *	insmod livepatch-replace.ko	# release 2: says something else again
 *	ls /sys/kernel/livepatch	# livepatch_replace, and nothing else
 *	rmmod livepatch_sample livepatch_later
 *
 * What the new one does not contain goes back to the original, in the same transition: no
 * task sees the half of it. The replaced patches' callbacks do not run, for only the newer
 * patch can know what of their work is to stay. Going back means to load the older release again.
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
