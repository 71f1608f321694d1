/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target of bench_patch: five hundred functions that the patch can replace. */
#include <linux/module.h>
#include <linux/kernel.h>
#include "klp_many.h"

#define DEFINE(n) \
	int target_##n(void); \
	noinline int target_##n(void) \
	{ \
		return 0; \
	}
MANY_500(DEFINE)

static int __init target_init(void)
{
	return 0;
}

static void __exit target_exit(void)
{
}

module_init(target_init);
module_exit(target_exit);
MODULE_LICENSE("GPL");
