/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_replace - a patch that replaces all other patches, or, with replace=0, is enabled on top of them.
 * The field .replace is set at run time, from a parameter.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/seq_file.h>

static int replace;
module_param(replace, int, 0644);
MODULE_PARM_DESC(replace, "take over from all active patches (default=0)");

static int lx_meminfo_proc_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s: %s\n", THIS_MODULE->name, "enough");
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "meminfo_proc_show",
		.new_func = lx_meminfo_proc_show,
	}, {}
};

static struct klp_object objs[] = {
	{
		.funcs = funcs,
	}, {}
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
	/* .replace comes from the parameter */
};

static int __init lx_replace_init(void)
{
	patch.replace = replace;
	return klp_enable_patch(&patch);
}

static void __exit lx_replace_exit(void)
{
}

module_init(lx_replace_init);
module_exit(lx_replace_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("Compatibility test: atomic replace");
