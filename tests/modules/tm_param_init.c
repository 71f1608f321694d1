/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tm_param_init - a parameter that could be read after its variable is freed: the kernel must refuse it. */
#include <linux/kernel.h>
#include <linux/module.h>

static int gone __initdata = 3;
module_param(gone, int, 0444);

static int __init tm_param_init_init(void)
{
	return gone == 3 ? 0 : -EINVAL;
}

static void __exit tm_param_init_exit(void)
{
}

module_init(tm_param_init_init);
module_exit(tm_param_init_exit);
MODULE_LICENSE("GPL");
