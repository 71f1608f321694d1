// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A module with a fault that needs an additional field; livepatch-shadow-fix.c repairs the
 * fault while the structures are in use.
 *
 * The module is a desk that issues tickets:
 *
 *	insmod livepatch-shadow-mod.ko
 *	echo Ada > /sys/kernel/tickets/issue	# the first ticket is for Ada
 *	cat /sys/kernel/tickets/list		# ticket 1
 *	echo 1 > /sys/kernel/tickets/close
 *
 * It copies the name, but has no field for the copy: the list cannot show the holder of a
 * ticket, and the memory of the copy is lost.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

struct ticket {
	struct list_head node;
	int number;
};

static LIST_HEAD(tickets);		/* oldest first, under tickets_lock */
static DEFINE_MUTEX(tickets_lock);
static int last_number;

/* noinline: an inlined function has no entry slot, so it cannot be patched. */
static noinline struct ticket *ticket_new(const char *name, size_t len)
{
	struct ticket *t = kzalloc(sizeof(*t), GFP_KERNEL);
	char *copy = kstrndup(name, len, GFP_KERNEL);

	if (t && copy)
		return t;
	kfree(copy);
	kfree(t);
	return NULL;
}

static noinline void ticket_free(struct ticket *t)
{
	kfree(t);
}

static noinline int ticket_print(struct ticket *t, char *buf, size_t size)
{
	return scnprintf(buf, size, "ticket %d\n", t->number);
}

static ssize_t issue_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t count)
{
	size_t len = count && buf[count - 1] == '\n' ? count - 1 : count;
	struct ticket *t = ticket_new(buf, len);

	if (!t)
		return -ENOMEM;
	mutex_lock(&tickets_lock);
	t->number = ++last_number;
	list_add_tail(&t->node, &tickets);
	mutex_unlock(&tickets_lock);
	return count;
}

static void close_tickets(int first, int last)
{
	struct ticket *t, *next;

	mutex_lock(&tickets_lock);
	list_for_each_entry_safe(t, next, &tickets, node) {
		if (t->number < first || t->number > last)
			continue;
		list_del(&t->node);
		ticket_free(t);
	}
	mutex_unlock(&tickets_lock);
}

static ssize_t close_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t count)
{
	int number, error = kstrtoint(buf, 10, &number);

	if (error)
		return error;
	close_tickets(number, number);
	return count;
}

static ssize_t list_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct ticket *t;
	int len = 0;

	mutex_lock(&tickets_lock);
	list_for_each_entry(t, &tickets, node)
		len += ticket_print(t, buf + len, PAGE_SIZE - len);
	mutex_unlock(&tickets_lock);
	return len;
}

static struct kobj_attribute issue_attr = __ATTR_WO(issue);
static struct kobj_attribute close_attr = __ATTR_WO(close);
static struct kobj_attribute list_attr = __ATTR_RO(list);
static struct attribute *desk_attrs[] = {
	&issue_attr.attr, &close_attr.attr, &list_attr.attr, NULL };
static const struct attribute_group desk_group = { .attrs = desk_attrs };
static struct kobject *desk;

static int __init tickets_init(void)
{
	int error;

	desk = kobject_create_and_add("tickets", kernel_kobj);
	if (!desk)
		return -ENOMEM;
	error = sysfs_create_group(desk, &desk_group);
	if (error)
		kobject_put(desk);
	return error;
}

static void __exit tickets_exit(void)
{
	kobject_put(desk);	/* no tickets are issued from here on */
	close_tickets(1, last_number);
}

module_init(tickets_init);
module_exit(tickets_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module that loses what its structure has no room for");
