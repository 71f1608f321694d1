/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tm_permanent - has no exit function: it cannot be unloaded. */
#include <linux/module.h>

static int __init tm_permanent_init(void)
{
	return 0;
}

module_init(tm_permanent_init);
MODULE_LICENSE("GPL");
