/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash of the current kernel text: a read of /proc/klp_text hashes [start, end). The bounds are
 * parameters, because a module cannot name the bounds of the text.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>

static unsigned long start, end;
module_param(start, ulong, 0644);
module_param(end, ulong, 0644);

static struct proc_dir_entry *text_entry;

/* FNV-1a */
static int text_show(struct seq_file *m, void *v)
{
	unsigned long hash = 0xcbf29ce484222325UL;

	for (unsigned long at = start; at < end; at++)
		hash = (hash ^ *(const unsigned char *)at) * 0x100000001b3UL;
	seq_printf(m, "%lx\n", hash);
	return 0;
}

static int __init text_init(void)
{
	text_entry = proc_create_single("klp_text", 0400, NULL, text_show);
	return text_entry ? 0 : -ENOMEM;
}

static void __exit text_exit(void)
{
	proc_remove(text_entry);
}

module_init(text_init);
module_exit(text_exit);
MODULE_LICENSE("GPL");
