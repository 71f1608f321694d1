// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The smallest live patch: one function of the kernel, replaced by another.
 *
 * cmdline_proc_show() prints /proc/cmdline.  After
 *
 *	insmod livepatch-sample.ko
 *	cat /sys/kernel/livepatch/livepatch_sample/transition	# 0: all tasks have changed over
 *
 * every task that has changed over reads another text from the file.  After
 *
 *	echo 0 > /sys/kernel/livepatch/livepatch_sample/enabled
 *	rmmod livepatch_sample
 *
 * the file has its original text again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/seq_file.h>

/* Same arguments, same result type: callers see no difference. */
static int patched_cmdline_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s: this has been live patched\n", THIS_MODULE->name);
	return 0;
}

static struct klp_func sample_funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = patched_cmdline_show,
	},
	{ }
};

static struct klp_object sample_objs[] = {
	{
		/* No name: the functions are the kernel's own. */
		.funcs = sample_funcs,
	},
	{ }
};

static struct klp_patch sample_patch = {
	.mod = THIS_MODULE,
	.objs = sample_objs,
};

static int __init sample_init(void)
{
	return klp_enable_patch(&sample_patch);
}

/* Empty, but needed: a module without an exit function cannot be unloaded. */
static void __exit sample_exit(void)
{
}

module_init(sample_init);
module_exit(sample_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live patch that changes what /proc/cmdline says");
MODULE_INFO(livepatch, "Y");
