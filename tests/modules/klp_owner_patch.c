/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch of tm_consumer that needs a static function of tm_provider, the module that tm_consumer
 * uses. When tm_consumer is patched, the relocations use the symbols of tm_provider.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>

extern int tm_provider_mul(int a, int b) KLP_RELOC_SYMBOL(tm_consumer, tm_provider, tm_provider_mul);

/* The init of tm_consumer also expects 42. */
static int owner_sum(void)
{
	int product = tm_provider_mul(6, 7);

	pr_info(KBUILD_MODNAME ": product %d\n", product);
	return product;
}

static struct klp_func owner_funcs[] = {
	{ .old_name = "tm_consumer_sum", .new_func = owner_sum },
	{ }
};

static struct klp_object owner_objs[] = {
	{ .name = "tm_consumer", .funcs = owner_funcs },
	{ }
};

static struct klp_patch owner_patch = {
	.mod = THIS_MODULE,
	.objs = owner_objs,
};

static int __init owner_patch_init(void)
{
	return klp_enable_patch(&owner_patch);
}

static void __exit owner_patch_exit(void)
{
}

module_init(owner_patch_init);
module_exit(owner_patch_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
