// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A patch that adds a field to a structure, while structures of the old kind are in use.
 *
 * A patch replaces code; it cannot make the tickets of livepatch-shadow-mod.c larger, because
 * the size of existing tickets is fixed, and every old function expects this size. A
 * shadow variable is a field beside the structure: it is found by the structure's address
 * and an id. In this patch it stores the name that the module loses:
 *
 *	insmod livepatch-shadow-fix.ko
 *	echo Grace > /sys/kernel/tickets/issue
 *	cat /sys/kernel/tickets/list		# ticket 1: name unknown, ticket 2 for Grace
 *
 * Three rules, each kept below:
 *  - a structure from before the patch has no shadow variable: new code must accept this;
 *  - a shadow variable is freed with its structure. Otherwise it is never freed, and an
 *    unrelated structure that gets the same address later finds it;
 *  - post_unpatch frees the remaining variables.  Earlier, a task that has not changed back may
 *    still use them.  Later, no code knows them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/livepatch.h>
#include <linux/slab.h>
#include <linux/string.h>

#define TICKET_NAME	1	/* id of the variable: one number space for all patches */

/* Copied from the module; the patch must not change it. */
struct ticket {
	struct list_head node;
	int number;
};

/* Constructor and destructor run under a spinlock: they must not sleep. */
static int name_ctor(void *obj, void *shadow_data, void *ctor_data)
{
	char **name = shadow_data;

	*name = ctor_data;
	return 0;
}

static void name_dtor(void *obj, void *shadow_data)
{
	char **name = shadow_data;

	pr_info("name \"%s\" freed\n", *name);
	kfree(*name);
}

static struct ticket *fixed_ticket_new(const char *name, size_t len)
{
	struct ticket *t = kzalloc(sizeof(*t), GFP_KERNEL);
	char *copy = kstrndup(name, len, GFP_KERNEL);

	if (!t || !copy)
		goto fail;
	/* An old function, which frees no name, may have freed a ticket at this address. */
	klp_shadow_free(t, TICKET_NAME, name_dtor);
	if (klp_shadow_alloc(t, TICKET_NAME, sizeof(copy), GFP_KERNEL, name_ctor, copy))
		return t;
fail:
	kfree(copy);
	kfree(t);
	return NULL;
}

static void fixed_ticket_free(struct ticket *t)
{
	klp_shadow_free(t, TICKET_NAME, name_dtor);	/* no effect without a variable */
	kfree(t);
}

static int fixed_ticket_print(struct ticket *t, char *buf, size_t size)
{
	char **name = klp_shadow_get(t, TICKET_NAME);

	if (!name)
		return scnprintf(buf, size, "ticket %d: name unknown\n", t->number);
	return scnprintf(buf, size, "ticket %d for %s\n", t->number, *name);
}

static void free_all_names(struct klp_object *obj)
{
	klp_shadow_free_all(TICKET_NAME, name_dtor);
}

static struct klp_func tickets_funcs[] = {
	{ .old_name = "ticket_new", .new_func = fixed_ticket_new },
	{ .old_name = "ticket_free", .new_func = fixed_ticket_free },
	{ .old_name = "ticket_print", .new_func = fixed_ticket_print },
	{ }
};

static struct klp_object tickets_objs[] = {
	{
		.name = "livepatch_shadow_mod",
		.funcs = tickets_funcs,
		.callbacks = { .post_unpatch = free_all_names },
	},
	{ }
};

static struct klp_patch tickets_patch = {
	.mod = THIS_MODULE,
	.objs = tickets_objs,
};

static int __init tickets_fix_init(void)
{
	return klp_enable_patch(&tickets_patch);
}

static void __exit tickets_fix_exit(void)
{
}

module_init(tickets_fix_init);
module_exit(tickets_fix_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live patch that adds a field to a structure by a shadow variable");
MODULE_INFO(livepatch, "Y");
