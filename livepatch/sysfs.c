/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/kernel/livepatch: the administrator's files.
 *
 *	PATCH/enabled		0644	0 disables, or reverses; 1 reverses a disable
 *	PATCH/transition	0444	1 while this patch is in transition
 *	PATCH/force		0200	1: all pending tasks count as changed over
 *	PATCH/signal		0200	1: fake signal to all pending tasks now
 *	PATCH/replace		0444
 *	PATCH/stack_order	0444	1 = oldest active patch
 *	PATCH/blockers		0444	pending tasks with the reasons (see docs)
 *	PATCH/OBJECT/patched	0444
 *	PATCH/OBJECT/FUNC,POS/	empty directory
 *
 * Reads are snapshots and take no lock.  Writes take klp_mutex, except for signal: they wait
 * while a callback of a patch sleeps, as on Linux.  The nodes are removed without klp_mutex
 * (core.c), and a file of a removed node returns -ENODEV.
 */
#include "internal.h"
#include <neurath/kernfs.h>
#include <neurath/sched.h>
#include <neurath/string.h>

/* The files of every patch are below this static directory. */
KERNFS_FILE(klp_root_dir, "/sys/kernel/livepatch", S_IFDIR | 0755, NULL, NULL);

/* ---- enabled, transition ----------------------------------------------------- */

static int klp_enabled_show(struct seq_file *m, void *private)
{
	const struct klp_patch *patch = private;

	seq_printf(m, "%d\n", READ_ONCE(patch->enabled));
	return 0;
}

static int klp_enabled_write(struct klp_patch *patch, bool enable)
{
	if (!klp_patch_is_active(patch))
		return -ENODEV;
	if (patch->enabled == enable)
		return -EINVAL;
	if (patch == klp_transition_patch) {
		klp_reverse_transition();
		return 0;
	}
	/* A disabled patch cannot be enabled again: its module must be loaded again. */
	return enable ? -EINVAL : klp_disable_patch(patch);
}

static ssize_t klp_enabled_store(const char *buf, size_t n, void *private)
{
	bool enable;
	int error = kstrtobool(buf, &enable);

	if (error)
		return error;
	mutex_lock(&klp_mutex);
	error = klp_enabled_write(private, enable);
	mutex_unlock(&klp_mutex);
	return error ? error : (ssize_t)n;
}

static int klp_transition_show(struct seq_file *m, void *private)
{
	seq_printf(m, "%d\n", private == READ_ONCE(klp_transition_patch));
	return 0;
}

/* ---- force, signal -------------------------------------------------------------- */

/* Completed before the transition can be reversed: a forced transition is final. */
static ssize_t klp_force_store(const char *buf, size_t n, void *private)
{
	bool yes;
	int error = kstrtobool(buf, &yes);

	if (error)
		return error;
	if (!yes)
		return (ssize_t)n;
	mutex_lock(&klp_mutex);
	if (private == klp_transition_patch) {
		klp_force_transition();
		klp_complete_if_done();
	} else {
		error = -EINVAL;
	}
	mutex_unlock(&klp_mutex);
	return error ? error : (ssize_t)n;
}

/* Without klp_mutex: see nudge.c. */
static ssize_t klp_signal_store(const char *buf, size_t n, void *private)
{
	bool yes;
	int error = kstrtobool(buf, &yes);

	if (error)
		return error;
	if (!yes)
		return (ssize_t)n;
	if (private != READ_ONCE(klp_transition_patch))
		return -EINVAL;
	pr_notice("signaling remaining tasks\n");
	klp_send_signals();
	return (ssize_t)n;
}

/* ---- replace, stack_order, patched ------------------------------------------------ */

static int klp_replace_show(struct seq_file *m, void *private)
{
	const struct klp_patch *patch = private;

	seq_printf(m, "%d\n", patch->replace);
	return 0;
}

static int klp_stack_order_show(struct seq_file *m, void *private)
{
	const struct klp_patch *patch = private;
	unsigned order = READ_ONCE(patch->stack_order);

	if (!order)
		return -ENODEV;		/* disabled or replaced, and the directory is still there */
	seq_printf(m, "%u\n", order);
	return 0;
}

static int klp_patched_show(struct seq_file *m, void *private)
{
	const struct klp_object *obj = private;

	seq_printf(m, "%d\n", READ_ONCE(obj->patched));
	return 0;
}

/* ---- nodes -------------------------------------------------------------------------------- */

static const struct kernfs_file_ops klp_enabled_ops = {
	.show = klp_enabled_show,
	.store = klp_enabled_store,
};
static const struct kernfs_file_ops klp_transition_ops = { .show = klp_transition_show };
static const struct kernfs_file_ops klp_force_ops = { .store = klp_force_store };
static const struct kernfs_file_ops klp_signal_ops = { .store = klp_signal_store };
static const struct kernfs_file_ops klp_replace_ops = { .show = klp_replace_show };
static const struct kernfs_file_ops klp_stack_order_ops = { .show = klp_stack_order_show };
static const struct kernfs_file_ops klp_blockers_ops = { .show = klp_blockers_show };
static const struct kernfs_file_ops klp_patched_ops = { .show = klp_patched_show };

static const struct {
	const char *name;
	umode_t mode;
	const struct kernfs_file_ops *ops;
} klp_patch_files[] = {
	{ "enabled", S_IFREG | 0644, &klp_enabled_ops },
	{ "transition", S_IFREG | 0444, &klp_transition_ops },
	{ "force", S_IFREG | 0200, &klp_force_ops },
	{ "signal", S_IFREG | 0200, &klp_signal_ops },
	{ "replace", S_IFREG | 0444, &klp_replace_ops },
	{ "stack_order", S_IFREG | 0444, &klp_stack_order_ops },
	{ "blockers", S_IFREG | 0444, &klp_blockers_ops },
};

static int klp_sysfs_add_func(struct klp_object *obj, struct klp_func *func)
{
	char name[KSYM_NAME_LEN + 24];
	struct kernfs_node *dir;

	/* Position 0 means that the name is unique; the directory shows it as position 1. */
	snprintf(name, sizeof(name), "%s,%lu", func->old_name,
		 func->old_sympos ? func->old_sympos : 1);
	dir = kernfs_create_dir(obj->dir, name, 0755, func);
	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	func->dir = dir;
	return 0;
}

static int klp_sysfs_add_object(struct klp_patch *patch, struct klp_object *obj)
{
	struct kernfs_node *node;
	struct klp_func *func;
	int error;

	node = kernfs_create_dir(patch->dir, klp_object_name(obj), 0755, obj);
	if (IS_ERR(node))
		return (int)PTR_ERR(node);
	obj->dir = node;
	node = kernfs_create_file(obj->dir, "patched", S_IFREG | 0444, &klp_patched_ops, obj);
	if (IS_ERR(node))
		return (int)PTR_ERR(node);
	klp_for_each_func(obj, func) {
		error = klp_sysfs_add_func(obj, func);
		if (error)
			return error;
	}
	return 0;
}

/* After an error the nodes that were added stay until klp_sysfs_remove(). */
int klp_sysfs_add(struct klp_patch *patch)
{
	struct kernfs_node *root = kernfs_find("/sys/kernel/livepatch"), *node;
	struct klp_object *obj;
	int error;

	if (!root)
		return -ENODEV;
	node = kernfs_create_dir(root, patch->mod->name, 0755, patch);
	kernfs_put(root);
	if (IS_ERR(node))
		return (int)PTR_ERR(node);
	patch->dir = node;
	for (unsigned i = 0; i < ARRAY_SIZE(klp_patch_files); i++) {
		node = kernfs_create_file(patch->dir, klp_patch_files[i].name,
					  klp_patch_files[i].mode, klp_patch_files[i].ops, patch);
		if (IS_ERR(node))
			return (int)PTR_ERR(node);
	}
	klp_for_each_object(patch, obj) {
		error = klp_sysfs_add_object(patch, obj);
		if (error)
			return error;
	}
	return 0;
}

void klp_sysfs_changed(struct klp_patch *patch)
{
	assert_mutex_held(&klp_mutex);
	if (!patch->dir)
		return;
	kernfs_notify_child(patch->dir, "enabled");
	kernfs_notify_child(patch->dir, "transition");
}

void klp_sysfs_remove(struct klp_patch *patch)
{
	if (patch->dir)
		kernfs_remove(patch->dir);
	patch->dir = NULL;
}

void klp_sysfs_remove_nops(struct klp_patch *patch)
{
	struct klp_object *obj;
	struct klp_func *func;

	klp_for_each_object(patch, obj) {
		if (obj->dynamic) {
			kernfs_remove(obj->dir);
			continue;
		}
		klp_for_each_func(obj, func)
			if (func->nop)
				kernfs_remove(func->dir);
	}
}
