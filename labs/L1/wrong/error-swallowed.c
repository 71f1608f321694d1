/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init returns 0 although the patch was refused, here because a name is misspelt. insmod succeeds, and the student
 * looks for the mistake at the wrong place. (Here `make module` finds the wrong name before the kernel does.)
 *
 * loses: P3 P5
 */
/* file: labs/L1/work/name.c */
// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

static int fixed_comm_show(struct seq_file *m, void *v)
{
	struct task_struct *t = v;

	seq_printf(m, "%s\n", t->comm);
	return 0;
}

static struct klp_func name_funcs[] = {
	{ .old_name = "proc_com_show", .new_func = fixed_comm_show },
	{ }
};

static struct klp_object name_objs[] = {
	{ .funcs = name_funcs },
	{ }
};

static struct klp_patch name_patch = {
	.mod = THIS_MODULE,
	.objs = name_objs,
};

static int __init name_init(void)
{
	klp_enable_patch(&name_patch);
	return 0;
}

static void __exit name_exit(void)
{
}

module_init(name_init);
module_exit(name_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
