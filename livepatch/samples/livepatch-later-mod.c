// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module that livepatch-later.c patches before it is loaded: a file /proc/greeting, and
 * a greeting in the log; the same function writes both, the log line when the module is loaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

static struct proc_dir_entry *greeting_file;

static noinline const char *greeting(void)
{
	return "good morning";
}

static int greeting_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", greeting());
	return 0;
}

static int __init greeting_init(void)
{
	pr_info("%s\n", greeting());
	greeting_file = proc_create_single("greeting", 0444, NULL, greeting_show);
	return greeting_file ? 0 : -ENOMEM;
}

static void __exit greeting_exit(void)
{
	proc_remove(greeting_file);
}

module_init(greeting_init);
module_exit(greeting_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Target of livepatch-later");
