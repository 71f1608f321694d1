/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tm_provider - exports a function and a variable for tm_consumer. */
#include <linux/kernel.h>
#include <linux/module.h>

int tm_provider_calls;
EXPORT_SYMBOL(tm_provider_calls);

int tm_provider_add(int a, int b);

noinline int tm_provider_add(int a, int b)
{
	tm_provider_calls++;
	return a + b;
}
EXPORT_SYMBOL_GPL(tm_provider_add);

/* This function is not exported; klp_owner_patch.c refers to it. */
static noinline int tm_provider_mul(int a, int b)
{
	return a * b;
}

static int __init tm_provider_init(void)
{
	return tm_provider_mul(2, 3) == 6 ? 0 : -EINVAL;
}

static void __exit tm_provider_exit(void)
{
	pr_info("tm_provider: %d calls\n", tm_provider_calls);
}

module_init(tm_provider_init);
module_exit(tm_provider_exit);
MODULE_LICENSE("GPL");
