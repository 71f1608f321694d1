/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tm_consumer - uses the exports of tm_provider and so keeps it loaded. */
#include <linux/kernel.h>
#include <linux/module.h>

extern int tm_provider_calls;
int tm_provider_add(int a, int b);
/* No module exports this symbol. The weak reference is then NULL, and the module loads. */
int tm_nobody_has_this(void) __weak;

int tm_consumer_sum(void);

noinline int tm_consumer_sum(void)
{
	return tm_provider_add(40, 2);
}

static int __init tm_consumer_init(void)
{
	int sum = tm_consumer_sum();

	pr_info("tm_consumer: sum %d calls %d weak %d\n", sum, tm_provider_calls,
		tm_nobody_has_this != NULL);
	return sum == 42 ? 0 : -EINVAL;
}

static void __exit tm_consumer_exit(void)
{
}

module_init(tm_consumer_init);
module_exit(tm_consumer_exit);
MODULE_LICENSE("GPL");
