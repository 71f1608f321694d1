/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_crash_patch - a live patch whose new function faults when a task reads /proc/cmdline
 * (tests/system/test_oops.py).
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

static int *volatile nowhere = (int *)8;

static int crash_cmdline_show(struct seq_file *m, void *v)
{
	*nowhere = 1;
	return 0;
}

static struct klp_func crash_funcs[] = {
	{ .old_name = "cmdline_proc_show", .new_func = crash_cmdline_show },
	{ }
};

static struct klp_object crash_objs[] = { { .funcs = crash_funcs }, { } };
static struct klp_patch crash_patch = { .mod = THIS_MODULE, .objs = crash_objs };

static int __init crash_patch_init(void)
{
	return klp_enable_patch(&crash_patch);
}

static void __exit crash_patch_exit(void)
{
}

module_init(crash_patch_init);
module_exit(crash_patch_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("live patch with a fault");
MODULE_INFO(livepatch, "Y");
