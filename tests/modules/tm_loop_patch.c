/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_loop_patch - a live patch whose new function never returns when a task reads /proc/cmdline
 * (tests/system/test_lockups.py).
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

static int loop_cmdline_show(struct seq_file *m, void *v)
{
	for (;;)
		cpu_relax();
	return 0;
}

static struct klp_func loop_funcs[] = {
	{ .old_name = "cmdline_proc_show", .new_func = loop_cmdline_show },
	{ }
};

static struct klp_object loop_objs[] = { { .funcs = loop_funcs }, { } };
static struct klp_patch loop_patch = { .mod = THIS_MODULE, .objs = loop_objs };

static int __init loop_init(void)
{
	return klp_enable_patch(&loop_patch);
}

static void __exit loop_exit(void)
{
}

module_init(loop_init);
module_exit(loop_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("live patch that loops");
MODULE_INFO(livepatch, "Y");
