/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/klp_twins shows the results of the two functions named twin_value. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include "twins.h"

static struct proc_dir_entry *twins_entry;

static int twins_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d %d\n", twins_first(), twins_second());
	return 0;
}

static int __init twins_init(void)
{
	twins_entry = proc_create_single("klp_twins", 0444, NULL, twins_show);
	return twins_entry ? 0 : -ENOMEM;
}

static void __exit twins_exit(void)
{
	proc_remove(twins_entry);
}

module_init(twins_init);
module_exit(twins_exit);
MODULE_LICENSE("GPL");
