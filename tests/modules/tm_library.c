/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_library - a module that only exports symbols: it has no init and no exit, and can be
 * unloaded at any time.
 */
#include <linux/module.h>

int tm_library_value(void);

int tm_library_value(void)
{
	return 5;
}
EXPORT_SYMBOL(tm_library_value);

MODULE_LICENSE("GPL");
