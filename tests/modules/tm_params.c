/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tm_params - one parameter of each type; the guest test reads them back from /sys/module. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static int number = -7;
module_param(number, int, 0644);
MODULE_PARM_DESC(number, "a signed number");

static unsigned int count = 7;
module_param(count, uint, 0444);

static bool flag;
module_param(flag, bool, 0644);

static bool refused;
module_param_named(allowed, refused, invbool, 0444);

static char *text = "unset";
module_param(text, charp, 0444);

static long big;
module_param(big, long, 0444);

static unsigned long ubig;
module_param(ubig, ulong, 0444);

static short small;
module_param(small, short, 0444);

static unsigned char tiny;
module_param(tiny, byte, 0444);

static int list[4];
static int list_count;
module_param_array(list, int, &list_count, 0444);

static char name[8];
module_param_string(name, name, sizeof(name), 0444);

static int hidden;
module_param(hidden, int, 0);

static int __init tm_params_init(void)
{
	pr_info("number=%d flag=%d text=%s list_count=%d hidden=%d\n", number, flag, text,
		list_count, hidden);
	return list_count > 0 && list[0] == 99 ? -EINVAL : 0;
}

static void __exit tm_params_exit(void)
{
	pr_info("number=%d at exit\n", number);
}

module_init(tm_params_init);
module_exit(tm_params_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("First Author");
MODULE_AUTHOR("Second Author");
MODULE_DESCRIPTION("Test module: parameters of every type");
MODULE_VERSION("1.5");
