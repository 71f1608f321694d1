/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_basic - a patch that replaces one function of the kernel, written like a livepatch module for Linux.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>

#include <linux/seq_file.h>

static int lx_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s: %s\n", THIS_MODULE->name, "not what the boot loader said");
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = lx_cmdline_proc_show,
	}, { }
};

static struct klp_object objs[] = {
	{
		/* name being NULL means vmlinux */
		.funcs = funcs,
	}, { }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int lx_basic_init(void)
{
	return klp_enable_patch(&patch);
}

static void lx_basic_exit(void)
{
}

module_init(lx_basic_init);
module_exit(lx_basic_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_AUTHOR("The first of three");
MODULE_AUTHOR("The second of three");
MODULE_AUTHOR("The third of three");
MODULE_DESCRIPTION("Compatibility test: a patch of one function");
