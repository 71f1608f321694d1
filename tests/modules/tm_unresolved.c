/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tm_unresolved - needs a symbol that is not exported: the kernel refuses the module with -ENOENT. */
#include <linux/module.h>

int tm_symbol_of_nobody(void);

static int __init tm_unresolved_init(void)
{
	return tm_symbol_of_nobody();
}

static void __exit tm_unresolved_exit(void)
{
}

module_init(tm_unresolved_init);
module_exit(tm_unresolved_exit);
MODULE_LICENSE("GPL");
