/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects of modules that are directories below /sys, with Linux's names.  A kobject has a
 * reference count.  The last kobject_put() removes the directory with its files, waits for
 * running methods, and calls its type's release.  Process context.
 */
#ifndef NEURATH_KOBJECT_H
#define NEURATH_KOBJECT_H

#include <neurath/atomic.h>
#include <neurath/list.h>

struct kernfs_node;
struct module;

struct attribute {
	const char *name;
	umode_t mode;
};

struct attribute_group {
	const char *name;		/* subdirectory; NULL = none */
	struct attribute **attrs;	/* ends with NULL */
};

struct kobject;
struct sysfs_ops {
	ssize_t (*show)(struct kobject *kobj, struct attribute *attr, char *buf);
	ssize_t (*store)(struct kobject *kobj, struct attribute *attr, const char *buf,
			 size_t size);
};

struct kobj_type {
	void (*release)(struct kobject *kobj);
	const struct sysfs_ops *sysfs_ops;
	const struct attribute_group **default_groups;
};

struct kobject {
	const char *name;		/* kmalloc'ed */
	struct kobject *parent;
	const struct kobj_type *ktype;
	struct kernfs_node *sd;		/* NULL = not in /sys */
	struct list_head files;		/* kobject_lock */
	atomic_t refs;
};

struct kobj_attribute {
	struct attribute attr;
	ssize_t (*show)(struct kobject *kobj, struct kobj_attribute *attr, char *buf);
	ssize_t (*store)(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			 size_t count);
};

extern struct kobject *kernel_kobj;			/* /sys/kernel */
extern const struct sysfs_ops kobj_sysfs_ops;		/* for attributes that are kobj_attribute */

void kobject_init(struct kobject *kobj, const struct kobj_type *ktype);
/* @parent NULL = /sys.  0, -EEXIST, -ENOMEM. */
int kobject_add(struct kobject *kobj, struct kobject *parent, const char *fmt, ...)
	__printf(3, 4);
int kobject_init_and_add(struct kobject *kobj, const struct kobj_type *ktype,
			 struct kobject *parent, const char *fmt, ...) __printf(4, 5);
struct kobject *kobject_create_and_add(const char *name, struct kobject *parent);
struct kobject *kobject_get(struct kobject *kobj);
void kobject_put(struct kobject *kobj);
void kobject_del(struct kobject *kobj);			/* removes it from /sys; the object stays */
static inline const char *kobject_name(const struct kobject *kobj)
{
	return kobj->name;
}

int sysfs_create_file(struct kobject *kobj, const struct attribute *attr);
void sysfs_remove_file(struct kobject *kobj, const struct attribute *attr);
int sysfs_create_files(struct kobject *kobj, const struct attribute *const *attrs);
void sysfs_remove_files(struct kobject *kobj, const struct attribute *const *attrs);
int sysfs_create_group(struct kobject *kobj, const struct attribute_group *group);
void sysfs_remove_group(struct kobject *kobj, const struct attribute_group *group);

#endif
