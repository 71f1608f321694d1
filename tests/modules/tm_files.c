/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_files - a directory in /sys/kernel with a read-only and a writable file, and a file in
 * /proc. Reading /proc/tm_files shows the text that was last written.
 */
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sysfs.h>

static DEFINE_MUTEX(value_mutex);
static int value = 1;
static struct kobject *directory;
static struct proc_dir_entry *proc_file;

static ssize_t reader_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sprintf(buf, "%d\n", current->pid);
}

static ssize_t value_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", value);
}

static ssize_t value_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t count)
{
	int v, error = kstrtoint(buf, 0, &v);

	if (error)
		return error;
	mutex_lock(&value_mutex);
	value = v;
	mutex_unlock(&value_mutex);
	return count;
}

static struct kobj_attribute reader_attribute = __ATTR_RO(reader);
static struct kobj_attribute value_attribute = __ATTR_RW(value);

static noinline int tm_files_proc_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s: %d\n", THIS_MODULE->name, value);
	return 0;
}

static int __init tm_files_init(void)
{
	int error;

	directory = kobject_create_and_add("tm_files", kernel_kobj);
	if (!directory)
		return -ENOMEM;
	error = sysfs_create_file(directory, &reader_attribute.attr);
	if (!error)
		error = sysfs_create_file(directory, &value_attribute.attr);
	if (!error) {
		proc_file = proc_create_single("tm_files", 0, NULL, tm_files_proc_show);
		error = proc_file ? 0 : -ENOMEM;
	}
	if (error)
		kobject_put(directory);
	return error;
}

static void __exit tm_files_exit(void)
{
	proc_remove(proc_file);
	kobject_put(directory);
}

module_init(tm_files_init);
module_exit(tm_files_exit);
MODULE_LICENSE("GPL");
