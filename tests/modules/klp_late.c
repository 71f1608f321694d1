/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module that klp_late_patch*.c patches, and that tests load and unload.
 *
 *	/proc/klp_late		late_value(): 7 here, or the value of the newest patch
 *	result=-5		the return value of its init
 *	late_twin_1, _2		same code, other numbers; a test gives both one name in the file
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

static int result;
module_param(result, int, 0444);

/* The next two are static and not exported, so only a livepatch relocation can refer to them. */
static int late_counter = 7;

static noinline int late_helper(int x)
{
	return 2 * x;
}

int late_value(void);
int late_twin_1(void);
int late_twin_2(void);

noinline int late_value(void)
{
	return READ_ONCE(late_counter);
}

noinline int late_twin_1(void)
{
	return 1;
}

noinline int late_twin_2(void)
{
	return 2;
}

static int late_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d twins %d %d helper %d\n", late_value(), late_twin_1(), late_twin_2(),
		   late_helper(late_counter));
	return 0;
}

static struct proc_dir_entry *late_entry;

static int __init late_init(void)
{
	pr_info("init sees %d\n", late_value());
	if (result)
		return result;
	late_entry = proc_create_single("klp_late", 0444, NULL, late_show);
	return late_entry ? 0 : -ENOMEM;
}

static void __exit late_exit(void)
{
	proc_remove(late_entry);
	pr_info("exit\n");
}

module_init(late_init);
module_exit(late_exit);
MODULE_LICENSE("GPL");
