/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories and files below /sys for modules, on top of kernfs.
 *
 * kobject_lock protects the lists of files.  It is not held during calls of kernfs, so that a
 * file can be removed while another task reads it.  Contract: <neurath/kobject.h>.
 */
#include <neurath/export.h>
#include <neurath/handed.h>
#include <neurath/kernfs.h>
#include <neurath/kobject.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/string.h>

/* A file of an object, or a subdirectory of a named group (attr NULL). */
struct sysfs_file {
	struct list_head node;		/* kobject_lock: kobject.files */
	struct kobject *kobj;
	const struct attribute *attr;
	const struct attribute_group *group;	/* the named group of the file, or NULL */
	struct kernfs_node *kn;
};

static DEFINE_SPINLOCK_RANK(kobject_lock, RANK_LEAF);

/* ---- methods ---------------------------------------------------------------------- */

static ssize_t kobj_attr_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	struct kobj_attribute *ka = container_of(attr, struct kobj_attribute, attr);

	return ka->show ? ka->show(kobj, ka, buf) : -EIO;
}

static ssize_t kobj_attr_store(struct kobject *kobj, struct attribute *attr, const char *buf,
			       size_t count)
{
	struct kobj_attribute *ka = container_of(attr, struct kobj_attribute, attr);

	return ka->store ? ka->store(kobj, ka, buf, count) : -EIO;
}

const struct sysfs_ops kobj_sysfs_ops = { .show = kobj_attr_show, .store = kobj_attr_store };
EXPORT_SYMBOL(kobj_sysfs_ops);

static int sysfs_file_show(struct seq_file *m, void *private)
{
	struct sysfs_file *f = private;
	const struct sysfs_ops *ops = f->kobj->ktype->sysfs_ops;
	char *page;
	ssize_t n;

	if (!ops || !ops->show)
		return -EIO;
	page = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	n = ops->show(f->kobj, (struct attribute *)f->attr, page);
	if (n > 0)
		seq_write(m, page, min(n, (ssize_t)PAGE_SIZE - 1));
	kfree(page);
	return min(n, 0L);
}

static ssize_t sysfs_file_store(const char *buf, size_t n, void *private)
{
	struct sysfs_file *f = private;
	const struct sysfs_ops *ops = f->kobj->ktype->sysfs_ops;

	if (!ops || !ops->store)
		return -EIO;
	return ops->store(f->kobj, (struct attribute *)f->attr, buf, n);
}

static const struct kernfs_file_ops sysfs_file_ops = {
	.show = sysfs_file_show, .store = sysfs_file_store };

/* ---- files ---------------------------------------------------------------------------- */

/* NULL, or the fault in a file's description and methods. */
static const char *sysfs_attr_fault(const struct kobject *kobj, const struct attribute *attr)
{
	const struct kobj_attribute *ka = container_of(attr, struct kobj_attribute, attr);
	const bool own = kobj->ktype && kobj->ktype->sysfs_ops == &kobj_sysfs_ops;
	struct handed look;

	handed_look(attr, &look);
	if (look.place == HANDED_INIT || look.room < (own ? sizeof(*ka) : sizeof(*attr)))
		return "a file is no attribute that stays";
	if (!handed_string(attr->name, PAGE_SIZE))
		return "the name of a file is no string";
	if (own && ((ka->show && !handed_function(ka->show, NULL)) ||
		    (ka->store && !handed_function(ka->store, NULL))))
		return "show or store of a file is no function that stays";
	return NULL;
}

static int sysfs_refuse(const struct kobject *kobj, const char *fault)
{
	pr_err("kobject %p (%s): %s\n", kobj, kobj->name ? kobj->name : "?", fault);
	return -EINVAL;
}

static int sysfs_add(struct kobject *kobj, struct kernfs_node *dir, const struct attribute *attr,
		     const struct attribute_group *group)
{
	const char *fault = attr ? sysfs_attr_fault(kobj, attr) : NULL;
	struct sysfs_file *f;

	if (fault)
		return sysfs_refuse(kobj, fault);
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;
	f->kobj = kobj;
	f->attr = attr;
	f->group = group;
	if (attr)
		f->kn = kernfs_create_file(dir, attr->name, attr->mode & 0777, &sysfs_file_ops, f);
	else
		f->kn = kernfs_create_dir(dir, group->name, 0755, f);
	if (IS_ERR(f->kn)) {
		int error = PTR_ERR(f->kn);

		kfree(f);
		return error == -EINVAL ? sysfs_refuse(kobj, "a file has an impossible name") :
					  error;
	}
	spin_lock(&kobject_lock);
	list_add(&f->node, &kobj->files);
	spin_unlock(&kobject_lock);
	return 0;
}

/* Removes the entry for @attr of @group from the list; NULL = none. */
static struct sysfs_file *sysfs_take(struct kobject *kobj, const struct attribute *attr,
				     const struct attribute_group *group)
{
	struct sysfs_file *f, *found = NULL;

	spin_lock(&kobject_lock);
	list_for_each_entry(f, &kobj->files, node) {
		if (f->attr == attr && f->group == group) {
			found = f;
			list_del(&f->node);
			break;
		}
	}
	spin_unlock(&kobject_lock);
	return found;
}

static void sysfs_drop(struct kobject *kobj, const struct attribute *attr,
		       const struct attribute_group *group)
{
	struct sysfs_file *f = sysfs_take(kobj, attr, group);

	if (f) {
		kernfs_remove(f->kn);
		kfree(f);
	}
}

int sysfs_create_file(struct kobject *kobj, const struct attribute *attr)
{
	return kobj->sd ? sysfs_add(kobj, kobj->sd, attr, NULL) : -EINVAL;
}
EXPORT_SYMBOL(sysfs_create_file);

void sysfs_remove_file(struct kobject *kobj, const struct attribute *attr)
{
	sysfs_drop(kobj, attr, NULL);
}
EXPORT_SYMBOL(sysfs_remove_file);

int sysfs_create_files(struct kobject *kobj, const struct attribute *const *attrs)
{
	for (size_t i = 0; attrs[i]; i++) {
		int error = sysfs_create_file(kobj, attrs[i]);

		if (error) {
			while (i > 0)
				sysfs_remove_file(kobj, attrs[--i]);
			return error;
		}
	}
	return 0;
}
EXPORT_SYMBOL(sysfs_create_files);

void sysfs_remove_files(struct kobject *kobj, const struct attribute *const *attrs)
{
	for (size_t i = 0; attrs[i]; i++)
		sysfs_remove_file(kobj, attrs[i]);
}
EXPORT_SYMBOL(sysfs_remove_files);

/* Members first: the removal of a directory removes the nodes of its files. */
void sysfs_remove_group(struct kobject *kobj, const struct attribute_group *group)
{
	for (size_t i = 0; group->attrs[i]; i++)
		sysfs_drop(kobj, group->attrs[i], group);
	if (group->name)
		sysfs_drop(kobj, NULL, group);
}
EXPORT_SYMBOL(sysfs_remove_group);

int sysfs_create_group(struct kobject *kobj, const struct attribute_group *group)
{
	struct kernfs_node *dir = kobj->sd;
	int error = dir ? 0 : -EINVAL;

	if (!error && group->name) {
		error = sysfs_add(kobj, dir, NULL, group);
		if (!error)	/* the entry just added is the first of the list */
			dir = list_first_entry(&kobj->files, struct sysfs_file, node)->kn;
	}
	for (size_t i = 0; !error && group->attrs[i]; i++)
		error = sysfs_add(kobj, dir, group->attrs[i], group);
	if (error)
		sysfs_remove_group(kobj, group);
	return error;
}
EXPORT_SYMBOL(sysfs_create_group);

/* ---- objects ---------------------------------------------------------------------------- */

KERNFS_DIR(sys_kernel_dir, "/sys/kernel", 0755, NULL);

static struct kobject kernel_object = {
	.name = "kernel", .refs = ATOMIC_INIT(1), .files = LIST_HEAD_INIT(kernel_object.files) };
struct kobject *kernel_kobj = &kernel_object;
EXPORT_SYMBOL(kernel_kobj);

/* The directory of an object; the directory /sys/kernel is looked up once. */
static struct kernfs_node *kobject_dir(struct kobject *kobj)
{
	if (!kobj)
		return kernfs_root("/sys");
	if (kobj == &kernel_object && !kobj->sd)
		kobj->sd = kernfs_find("/sys/kernel");
	return kobj->sd;
}

void kobject_init(struct kobject *kobj, const struct kobj_type *ktype)
{
	memset(kobj, 0, sizeof(*kobj));
	INIT_LIST_HEAD(&kobj->files);
	atomic_set(&kobj->refs, 1);
	kobj->ktype = ktype;
}
EXPORT_SYMBOL(kobject_init);

static int kobject_add_groups(struct kobject *kobj)
{
	const struct attribute_group **groups = kobj->ktype->default_groups;
	int error = 0;

	for (size_t i = 0; groups && groups[i] && !error; i++)
		error = sysfs_create_group(kobj, groups[i]);
	return error;
}

/* NULL, or the fault in an object that needs a directory. */
static const char *kobject_fault(const struct kobject *kobj)
{
	const struct kobj_type *type = kobj->ktype;
	struct handed look;

	if (!kobj->files.next)
		return "it was not initialised (kobject_init)";
	handed_look(kobj, &look);
	if (look.place == HANDED_INIT)
		return "it is in init memory, which goes away";
	handed_look(type, &look);
	if (look.place == HANDED_INIT || look.room < sizeof(*type))
		return "it has no type that stays (ktype)";
	if (type->release && !handed_function(type->release, NULL))
		return "release of its type is no function that stays";
	if (!type->sysfs_ops)
		return NULL;
	handed_look(type->sysfs_ops, &look);
	if (look.place == HANDED_INIT || look.room < sizeof(*type->sysfs_ops) ||
	    (type->sysfs_ops->show && !handed_function(type->sysfs_ops->show, NULL)) ||
	    (type->sysfs_ops->store && !handed_function(type->sysfs_ops->store, NULL)))
		return "show or store of its type is no function that stays";
	return NULL;
}

static int kobject_add_args(struct kobject *kobj, struct kobject *parent, const char *fmt,
			    va_list args)
{
	struct kernfs_node *dir = kobject_dir(parent);
	const char *fault = kobject_fault(kobj);
	char name[64];

	if (fault)
		return sysfs_refuse(kobj, fault);
	vsnprintf(name, sizeof(name), fmt, args);
	kobj->name = kstrdup(name, GFP_KERNEL);
	if (!kobj->name)
		return -ENOMEM;
	if (!dir)
		return -ENOENT;
	dir = kernfs_create_dir(dir, name, 0755, kobj);
	if (IS_ERR(dir)) {
		if (PTR_ERR(dir) == -EEXIST)
			pr_warn("sysfs: cannot create duplicate directory '%s'\n", name);
		if (PTR_ERR(dir) == -EINVAL)
			return sysfs_refuse(kobj, "no directory can have its name");
		return PTR_ERR(dir);
	}
	kobj->sd = dir;
	kobj->parent = kobject_get(parent);
	return kobject_add_groups(kobj);
}

int kobject_add(struct kobject *kobj, struct kobject *parent, const char *fmt, ...)
{
	va_list args;
	int error;

	va_start(args, fmt);
	error = kobject_add_args(kobj, parent, fmt, args);
	va_end(args);
	return error;
}
EXPORT_SYMBOL(kobject_add);

int kobject_init_and_add(struct kobject *kobj, const struct kobj_type *ktype,
			 struct kobject *parent, const char *fmt, ...)
{
	va_list args;
	int error;

	kobject_init(kobj, ktype);
	va_start(args, fmt);
	error = kobject_add_args(kobj, parent, fmt, args);
	va_end(args);
	return error;
}
EXPORT_SYMBOL(kobject_init_and_add);

static void kobject_free_created(struct kobject *kobj)
{
	kfree(kobj);
}

static const struct kobj_type kobject_created_type = {
	.release = kobject_free_created, .sysfs_ops = &kobj_sysfs_ops };

struct kobject *kobject_create_and_add(const char *name, struct kobject *parent)
{
	struct kobject *kobj = kmalloc(sizeof(*kobj), GFP_KERNEL);

	if (!kobj)
		return NULL;
	kobject_init(kobj, &kobject_created_type);
	if (kobject_add(kobj, parent, "%s", name)) {
		kobject_put(kobj);
		return NULL;
	}
	return kobj;
}
EXPORT_SYMBOL(kobject_create_and_add);

struct kobject *kobject_get(struct kobject *kobj)
{
	if (kobj)
		atomic_inc(&kobj->refs);
	return kobj;
}
EXPORT_SYMBOL(kobject_get);

void kobject_del(struct kobject *kobj)
{
	struct sysfs_file *f, *next;
	LIST_HEAD(files);

	if (!kobj || !kobj->sd)
		return;
	spin_lock(&kobject_lock);
	list_splice_init(&kobj->files, &files);
	spin_unlock(&kobject_lock);
	kernfs_remove(kobj->sd);	/* with everything below; no method runs afterwards */
	kobj->sd = NULL;
	list_for_each_entry_safe(f, next, &files, node)
		kfree(f);
	kobject_put(kobj->parent);
	kobj->parent = NULL;
}
EXPORT_SYMBOL(kobject_del);

void kobject_put(struct kobject *kobj)
{
	const char *name;

	if (!kobj || !atomic_dec_and_test(&kobj->refs))
		return;
	kobject_del(kobj);
	name = kobj->name;
	if (kobj->ktype && kobj->ktype->release)
		kobj->ktype->release(kobj);
	kfree(name);
}
EXPORT_SYMBOL(kobject_put);
