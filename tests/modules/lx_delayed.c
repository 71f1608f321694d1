/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_delayed - two delayed works that queue themselves again. One makes items, each with a note that is
 * never freed; the other drops items whose time is over. lx_delayed_fix repairs this leak while both
 * run. The file lx_delayed shows how many items were made and dropped.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/workqueue.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#define ALLOC_PERIOD	10	/* ms */
#define CLEANUP_PERIOD	30
#define LIFETIME	50

struct item {
	struct list_head list;
	unsigned long jiffies_expire;
};

static LIST_HEAD(items);
static DEFINE_MUTEX(items_mutex);
static unsigned long made, dropped;
static struct proc_dir_entry *entry;

/* The note is not stored anywhere: that is the bug. */
static __used noinline struct item *lx_item_alloc(void)
{
	struct item *item;
	int *note;

	item = kzalloc(sizeof(*item), GFP_KERNEL);
	if (!item)
		return NULL;
	item->jiffies_expire = jiffies + msecs_to_jiffies(LIFETIME);

	note = kzalloc(sizeof(*note), GFP_KERNEL);
	if (!note) {
		kfree(item);
		return NULL;
	}
	return item;
}

static __used noinline void lx_item_free(struct item *item)
{
	kfree(item);
}

static __used noinline bool lx_item_is_over(struct item *item, unsigned long now)
{
	return time_after(now, item->jiffies_expire);
}

static void alloc_work_func(struct work_struct *work);
static DECLARE_DELAYED_WORK(alloc_dwork, alloc_work_func);

static void alloc_work_func(struct work_struct *work)
{
	struct item *item = lx_item_alloc();

	if (item) {
		mutex_lock(&items_mutex);
		list_add(&item->list, &items);
		made++;
		mutex_unlock(&items_mutex);
	}
	schedule_delayed_work(&alloc_dwork, msecs_to_jiffies(ALLOC_PERIOD));
}

static void cleanup_work_func(struct work_struct *work);
static DECLARE_DELAYED_WORK(cleanup_dwork, cleanup_work_func);

static void cleanup_work_func(struct work_struct *work)
{
	struct item *item, *next;
	unsigned long now = jiffies;

	mutex_lock(&items_mutex);
	list_for_each_entry_safe(item, next, &items, list) {
		if (lx_item_is_over(item, now)) {
			list_del(&item->list);
			lx_item_free(item);
			dropped++;
		}
	}
	mutex_unlock(&items_mutex);
	schedule_delayed_work(&cleanup_dwork, msecs_to_jiffies(CLEANUP_PERIOD));
}

static int lx_delayed_show(struct seq_file *m, void *v)
{
	mutex_lock(&items_mutex);
	seq_printf(m, "%lu %lu\n", made, dropped);
	mutex_unlock(&items_mutex);
	return 0;
}

static int lx_delayed_init(void)
{
	entry = proc_create_single("lx_delayed", S_IRUGO, NULL, lx_delayed_show);
	if (!entry)
		return -ENOMEM;
	schedule_delayed_work(&alloc_dwork, msecs_to_jiffies(ALLOC_PERIOD));
	schedule_delayed_work(&cleanup_dwork, msecs_to_jiffies(CLEANUP_PERIOD));
	return 0;
}

static void lx_delayed_exit(void)
{
	struct item *item, *next;

	proc_remove(entry);

	/* waits until the running work returns; no work runs afterwards */
	cancel_delayed_work_sync(&alloc_dwork);
	cancel_delayed_work_sync(&cleanup_dwork);

	list_for_each_entry_safe(item, next, &items, list) {
		list_del(&item->list);
		lx_item_free(item);
	}
}

module_init(lx_delayed_init);
module_exit(lx_delayed_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Compatibility test: delayed works over leaking items");
