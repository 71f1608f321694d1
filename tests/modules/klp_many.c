/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hundred functions that return 0, and /proc/klp_many with their sum: the target of
 * klp_many_patch.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include "klp_many.h"

#define DEFINE(n) \
	int many_##n(void); \
	noinline int many_##n(void) \
	{ \
		return 0; \
	}
MANY_ALL(DEFINE)

static int many_show(struct seq_file *m, void *v)
{
	int sum = 0;

#define ADD(n)	sum += many_##n();
	MANY_ALL(ADD)
	seq_printf(m, "%d\n", sum);
	return 0;
}

static struct proc_dir_entry *many_entry;

static int __init many_init(void)
{
	many_entry = proc_create_single("klp_many", 0444, NULL, many_show);
	return many_entry ? 0 : -ENOMEM;
}

static void __exit many_exit(void)
{
	proc_remove(many_entry);
}

module_init(many_init);
module_exit(many_exit);
MODULE_LICENSE("GPL");
