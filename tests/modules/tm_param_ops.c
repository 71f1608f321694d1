/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tm_param_ops - a parameter without operations: the kernel must refuse it. */
#include <linux/kernel.h>
#include <linux/module.h>

static int value;
module_param_cb(nothing, NULL, &value, 0644);

MODULE_LICENSE("GPL");
