/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_delayed_fix - stores the note that lx_delayed loses in a shadow variable of its item, and
 * frees it with the item. Items from before the patch have no shadow variable. After the patch it
 * logs whether all notes were freed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/slab.h>

#define NOTE_ID		7
#define LIFETIME	50	/* ms */

struct item {
	struct list_head list;
	unsigned long jiffies_expire;
};

static int stored, freed, early;

static int note_ctor(void *obj, void *shadow_data, void *ctor_data)
{
	int **shadow_note = shadow_data;
	int **note = ctor_data;

	*shadow_note = *note;
	stored++;
	return 0;
}

static void note_dtor(void *obj, void *shadow_data)
{
	int **shadow_note = shadow_data;

	kfree(*shadow_note);
	freed++;
}

static struct item *fix_item_alloc(void)
{
	struct item *item;
	int *note;

	item = kzalloc(sizeof(*item), GFP_KERNEL);
	if (!item)
		return NULL;
	item->jiffies_expire = jiffies + msecs_to_jiffies(LIFETIME);

	note = kzalloc(sizeof(*note), GFP_KERNEL);
	if (!note)
		goto err_note;

	/*
	 * While tasks change over, the old function may free an item that the new function made. The
	 * note of that item stays, and a later item may have the same address.
	 */
	klp_shadow_free(item, NOTE_ID, note_dtor);
	if (!klp_shadow_alloc(item, NOTE_ID, sizeof(note), GFP_NOWAIT, note_ctor, &note))
		goto err_shadow;
	return item;

err_shadow:
	kfree(note);
err_note:
	kfree(item);
	return NULL;
}

static void fix_item_free(struct item *item)
{
	if (klp_shadow_get(item, NOTE_ID)) {
		klp_shadow_free(item, NOTE_ID, note_dtor);
		early++;
	}
	kfree(item);
}

static void post_unpatch_callback(struct klp_object *obj)
{
	klp_shadow_free_all(NOTE_ID, note_dtor);
	pr_info("%s, %s\n", stored == freed ? "all notes freed" : "notes lost",
		early ? "some with their items" : "none with its item");
}

static struct klp_func funcs[] = {
	{
		.old_name = "lx_item_alloc",
		.new_func = fix_item_alloc,
	},
	{
		.old_name = "lx_item_free",
		.new_func = fix_item_free,
	}, { }
};

static struct klp_object objs[] = {
	{
		.name = "lx_delayed",
		.funcs = funcs,
		.callbacks = {
			.post_unpatch = post_unpatch_callback,
		},
	}, { }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int lx_delayed_fix_init(void)
{
	return klp_enable_patch(&patch);
}

static void lx_delayed_fix_exit(void)
{
}

module_init(lx_delayed_fix_init);
module_exit(lx_delayed_fix_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("Compatibility test: shadow variables on a module's objects");
