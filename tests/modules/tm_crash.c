// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tm_crash - breaks one rule of the kernel when it is loaded, how=RULE; the kernel must not
 * survive that, and must say what happened (tests/system/test_panic.py).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

/*
 * The kernel image is linked at this base plus its physical address; all memory is also
 * mapped at the direct map.
 */
#define KERNEL_BASE	0xffffffff80000000UL
#define DIRECT_MAP_BASE	0xffff888000000000UL

static char *how = "";
module_param(how, charp, 0444);

static char code_in_data[] = { (char)0xc3 };		/* ret */
static const char constant[] = "constant";

static noinline int crash_recurse(volatile char *above, unsigned long depth)
{
	volatile char here[256];

	here[0] = above[0];
	if (depth == 0)
		return 0;
	return crash_recurse(here, depth - 1) + here[0];
}

static noinline void crash_run(unsigned long target)
{
	((void (*)(void))target)();
}

static noinline void crash_write(unsigned long target)
{
	*(volatile char *)target = 0;
}

static int crash_init(void)
{
	unsigned long text = (unsigned long)&_printk;
	char first = 1;

	if (!strcmp(how, "null"))
		crash_write(0);
	else if (!strcmp(how, "write-kernel-text"))
		crash_write(text);
	else if (!strcmp(how, "write-kernel-text-alias"))
		crash_write(DIRECT_MAP_BASE + text - KERNEL_BASE);
	else if (!strcmp(how, "write-module-text"))
		crash_write((unsigned long)crash_run);
	else if (!strcmp(how, "write-module-constant"))
		crash_write((unsigned long)constant);
	else if (!strcmp(how, "run-data"))
		crash_run((unsigned long)code_in_data);
	else if (!strcmp(how, "write-user"))
		crash_write(0x400000);
	else if (!strcmp(how, "run-user"))
		crash_run(0x400000);
	else if (!strcmp(how, "stack"))
		return crash_recurse(&first, 1UL << 20);
	else if (!strcmp(how, "undefined"))
		__asm__ volatile("ud2");
	else if (!strcmp(how, "int3"))
		__asm__ volatile("int3");
	else if (!strcmp(how, "assert"))
		BUG_ON(how != NULL);
	return -EINVAL;
}

static void crash_exit(void)
{
}

module_init(crash_init);
module_exit(crash_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("breaks one rule of the kernel");
