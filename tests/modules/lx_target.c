/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_target - a module with a file of /proc, whose function lx_target_patch replaces.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

static struct proc_dir_entry *entry;

static noinline int lx_target_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s: %s\n", THIS_MODULE->name, "original output");
	return 0;
}

static int lx_target_init(void)
{
	entry = proc_create_single("lx_target", 0, NULL, lx_target_show);
	if (!entry)
		return -ENOMEM;
	return 0;
}

static void lx_target_exit(void)
{
	proc_remove(entry);
}

module_init(lx_target_init);
module_exit(lx_target_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Compatibility test: a function of a module");
