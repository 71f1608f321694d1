/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of modules below /proc.  Contract: <neurath/procfs.h>. */
#include <neurath/export.h>
#include <neurath/handed.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/procfs.h>
#include <neurath/string.h>

struct proc_dir_entry {
	struct list_head node;		/* proc_dynamic_lock */
	struct proc_dir_entry *parent;	/* (!) NULL = /proc */
	struct kernfs_node *kn;		/* (!) */
	int (*show)(struct seq_file *m, void *v);	/* (!) NULL = directory */
	void *data;			/* (!) */
};

static DEFINE_SPINLOCK_RANK(proc_dynamic_lock, RANK_LEAF);
static LIST_HEAD(proc_dynamic_entries);

static int proc_dynamic_show(struct seq_file *m, void *private)
{
	struct proc_dir_entry *e = private;

	m->private = e->data;
	return e->show(m, NULL);
}

static const struct kernfs_file_ops proc_dynamic_ops = { .show = proc_dynamic_show };

static struct proc_dir_entry *proc_dynamic_create(const char *name, umode_t mode,
						  struct proc_dir_entry *parent,
						  int (*show)(struct seq_file *, void *),
						  void *data)
{
	struct kernfs_node *dir = parent ? parent->kn : kernfs_root("/proc");
	struct proc_dir_entry *e;

	if (!handed_string(name, PAGE_SIZE)) {
		pr_err("proc: the name of a file is no string\n");
		return NULL;
	}
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return NULL;
	e->parent = parent;
	e->show = show;
	e->data = data;
	e->kn = show ? kernfs_create_file(dir, name, mode & 0777, &proc_dynamic_ops, e) :
		       kernfs_create_dir(dir, name, 0555, e);
	if (IS_ERR(e->kn)) {
		pr_err("proc: cannot create '%.64s' (%d)\n", name, (int)PTR_ERR(e->kn));
		kfree(e);
		return NULL;
	}
	spin_lock(&proc_dynamic_lock);
	list_add(&e->node, &proc_dynamic_entries);
	spin_unlock(&proc_dynamic_lock);
	return e;
}

struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *, void *),
					       void *data)
{
	if (!handed_check_callback("file of /proc", NULL, show))
		return NULL;
	return proc_dynamic_create(name, mode ? mode : 0444, parent, show, data);
}
EXPORT_SYMBOL(proc_create_single_data);

struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent)
{
	return proc_dynamic_create(name, 0555, parent, NULL, NULL);
}
EXPORT_SYMBOL(proc_mkdir);

static bool proc_dynamic_is_below(const struct proc_dir_entry *e, const struct proc_dir_entry *top)
{
	while (e && e != top)
		e = e->parent;
	return e;
}

void proc_remove(struct proc_dir_entry *entry)
{
	struct proc_dir_entry *e, *next;
	LIST_HEAD(gone);

	if (!entry)
		return;
	spin_lock(&proc_dynamic_lock);
	list_for_each_entry_safe(e, next, &proc_dynamic_entries, node) {
		if (proc_dynamic_is_below(e, entry))
			list_move(&e->node, &gone);
	}
	spin_unlock(&proc_dynamic_lock);
	kernfs_remove(entry->kn);
	list_for_each_entry_safe(e, next, &gone, node)
		kfree(e);
}
EXPORT_SYMBOL(proc_remove);

void remove_proc_entry(const char *name, struct proc_dir_entry *parent)
{
	struct proc_dir_entry *e, *found = NULL;

	spin_lock(&proc_dynamic_lock);
	list_for_each_entry(e, &proc_dynamic_entries, node) {
		if (e->parent == parent && strcmp(kernfs_name(e->kn), name) == 0)
			found = e;
	}
	spin_unlock(&proc_dynamic_lock);
	proc_remove(found);
}
EXPORT_SYMBOL(remove_proc_entry);
