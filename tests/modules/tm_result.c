/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_result - its init returns the value of the parameter: 0, a negative errno (refused) or
 * a positive number (loaded with a complaint).
 */
#include <linux/module.h>

static int result;
module_param(result, int, 0444);

static int __init tm_result_init(void)
{
	return result;
}

static void __exit tm_result_exit(void)
{
}

module_init(tm_result_init);
module_exit(tm_result_exit);
MODULE_LICENSE("GPL");
