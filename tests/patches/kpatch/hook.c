/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook.c - makes a live patch of the output of kpatch's create-diff-object. The table .kpatch.funcs of
 * that output lists the new functions, which all belong to one object here. Link order: begin.c, hook.c,
 * the output, end.c.
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "table.h"

static struct klp_object objs[2];
static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objs };

static int __init hook_init(void)
{
	size_t n = kpatch_table_end - kpatch_table;

	objs[0].funcs = kzalloc((n + 1) * sizeof(struct klp_func), GFP_KERNEL);
	if (!objs[0].funcs)
		return -ENOMEM;
	objs[0].name = strcmp(kpatch_table->objname, "vmlinux") == 0 ? NULL : kpatch_table->objname;
	for (size_t i = 0; i < n; i++) {
		objs[0].funcs[i].old_name = kpatch_table[i].name;
		objs[0].funcs[i].new_func = (void *)kpatch_table[i].new_addr;
		objs[0].funcs[i].old_sympos = kpatch_table[i].sympos;
	}
	return klp_enable_patch(&patch);
}

static void __exit hook_exit(void)
{
	kfree(objs[0].funcs);
}

module_init(hook_init);
module_exit(hook_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
