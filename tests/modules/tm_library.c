// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Only exports something: without init and exit there is nothing to run, and it may go at
 * any time.
 */
#include <linux/module.h>

int tm_library_value(void);

int tm_library_value(void)
{
	return 5;
}
EXPORT_SYMBOL(tm_library_value);

MODULE_LICENSE("GPL");
