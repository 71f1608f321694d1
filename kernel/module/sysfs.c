/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The administrator's view of modules: /sys/module/NAME and /proc/modules.
 *
 * /sys/module/NAME appears before init runs and disappears after exit has run.  Methods take at
 * most param_mutex, so the removal of the directory, which waits for them, cannot hang.
 */
#include <neurath/module_param.h>
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/task.h>
#include "internal.h"

static struct kernfs_node *module_root;		/* /sys/module */

KERNFS_DIR(module_sys_root, "/sys/module", 0755, NULL);

/* ---- files of the directory ------------------------------------------------------- */

static int module_show_refcnt(struct seq_file *m, void *private)
{
	seq_printf(m, "%d\n", module_refcount(private));
	return 0;
}

static int module_show_initstate(struct seq_file *m, void *private)
{
	static const char *const names[] = {
		[MODULE_STATE_LIVE] = "live", [MODULE_STATE_COMING] = "coming",
		[MODULE_STATE_GOING] = "going", [MODULE_STATE_UNFORMED] = "coming",
	};
	const struct module *mod = private;

	seq_printf(m, "%s\n", names[READ_ONCE(mod->state)]);
	return 0;
}

static int module_show_taint(struct seq_file *m, void *private)
{
	const struct module *mod = private;
	char letters[32];

	module_format_taints(mod->taints, letters);
	seq_printf(m, "%s\n", letters);
	return 0;
}

static int module_show_coresize(struct seq_file *m, void *private)
{
	const struct module *mod = private;

	seq_printf(m, "%zu\n", mod->core.size);
	return 0;
}

static int module_show_initsize(struct seq_file *m, void *private)
{
	const struct module *mod = private;

	seq_printf(m, "%zu\n", READ_ONCE(mod->init_mem.base) ? mod->init_mem.size : 0);
	return 0;
}

static int module_show_version(struct seq_file *m, void *private)
{
	const struct module *mod = private;

	seq_printf(m, "%s\n", mod->version);
	return 0;
}

static const struct {
	const char *name;
	struct kernfs_file_ops ops;
} module_files[] = {
	{ "coresize", { .show = module_show_coresize } },
	{ "initsize", { .show = module_show_initsize } },
	{ "initstate", { .show = module_show_initstate } },
	{ "refcnt", { .show = module_show_refcnt } },
	{ "taint", { .show = module_show_taint } },
	{ "version", { .show = module_show_version } },	/* last: only with modinfo version */
};

static int module_add_files(struct module *mod)
{
	size_t n = ARRAY_SIZE(module_files) - (mod->version ? 0 : 1);

	for (size_t i = 0; i < n; i++) {
		struct kernfs_node *node = kernfs_create_file(mod->sys_dir, module_files[i].name,
							      0444, &module_files[i].ops, mod);

		if (IS_ERR(node))
			return PTR_ERR(node);
	}
	return 0;
}

/* ---- parameters -------------------------------------------------------------------- */

static int module_param_show(struct seq_file *m, void *private)
{
	const struct kernel_param *p = private;
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	int n;

	if (!page)
		return -ENOMEM;
	mutex_lock(&param_mutex);
	n = p->ops->get ? p->ops->get(page, p) : -EPERM;
	mutex_unlock(&param_mutex);
	if (n > 0)
		seq_write(m, page, n);
	kfree(page);
	return min(n, 0);
}

static ssize_t module_param_store(const char *buf, size_t n, void *private)
{
	const struct kernel_param *p = private;
	char *value = kstrndup(buf, n, GFP_KERNEL);
	size_t len;
	int error;

	if (!value)
		return -ENOMEM;
	len = strlen(value);
	if (len && value[len - 1] == '\n')
		value[len - 1] = '\0';
	mutex_lock(&param_mutex);
	error = p->ops->set ? p->ops->set(value, p) : -EPERM;
	mutex_unlock(&param_mutex);
	kfree(value);
	return error ? error : (ssize_t)n;
}

static const struct kernfs_file_ops module_param_ops = {
	.show = module_param_show, .store = module_param_store };

static int module_add_params(struct module *mod)
{
	for (unsigned int i = 0; i < mod->num_params; i++) {
		const struct kernel_param *p = &mod->params[i];
		struct kernfs_node *node;

		if (!p->perm)
			continue;
		if (!mod->sys_params) {
			node = kernfs_create_dir(mod->sys_dir, "parameters", 0755, mod);
			if (IS_ERR(node))
				return PTR_ERR(node);
			mod->sys_params = node;
		}
		node = kernfs_create_file(mod->sys_params, p->name, p->perm & 0777,
					  &module_param_ops, (void *)p);
		if (IS_ERR(node))
			return PTR_ERR(node);
	}
	return 0;
}

/* ---- holders: the users of a module ------------------------------------------------- */

static int module_add_holder_links(struct module *mod)
{
	struct module_use *use;
	char target[MODULE_NAME_LEN + 16];
	int error = 0;

	scnprintf(target, sizeof(target), "../../%s", mod->name);
	mutex_lock(&module_mutex);
	list_for_each_entry(use, &mod->uses, used_node) {
		struct kernfs_node *link;

		link = kernfs_create_link(use->used->sys_holders, mod->name, target);
		if (IS_ERR(link)) {
			error = PTR_ERR(link);
			break;
		}
		use->link = link;
	}
	mutex_unlock(&module_mutex);
	return error;
}

static void module_remove_holder_links(struct module *mod)
{
	struct module_use *use;

	mutex_lock(&module_mutex);
	list_for_each_entry(use, &mod->uses, used_node) {
		if (use->link)
			kernfs_remove(use->link);
		use->link = NULL;
	}
	mutex_unlock(&module_mutex);
}

int module_sysfs_add(struct module *mod)
{
	struct kernfs_node *node = kernfs_create_dir(module_root, mod->name, 0755, mod);
	int error;

	if (IS_ERR(node))
		return PTR_ERR(node);
	mod->sys_dir = node;
	node = kernfs_create_dir(mod->sys_dir, "holders", 0755, mod);
	if (IS_ERR(node))
		error = PTR_ERR(node);
	else
		error = module_add_files(mod);
	if (!error) {
		mod->sys_holders = node;
		error = module_add_params(mod);
	}
	if (!error)
		error = module_add_holder_links(mod);
	if (error)
		module_sysfs_remove(mod);
	return error;
}

void module_sysfs_remove(struct module *mod)
{
	if (!mod->sys_dir)
		return;
	module_remove_holder_links(mod);
	kernfs_remove(mod->sys_dir);
	mod->sys_dir = NULL;
	mod->sys_params = NULL;
	mod->sys_holders = NULL;
}

/* ---- /proc/modules -------------------------------------------------------------------- */

static void modules_show_users(struct seq_file *m, const struct module *mod)
{
	const struct module_use *use;

	if (list_empty(&mod->users) && mod->exit) {
		seq_puts(m, "-");
		return;
	}
	list_for_each_entry(use, &mod->users, user_node)
		seq_printf(m, "%s,", use->user->name);
	if (!mod->exit)
		seq_puts(m, "[permanent],");
}

static int modules_proc_show(struct seq_file *m, void *private)
{
	static const char *const states[] = {
		[MODULE_STATE_LIVE] = "Live", [MODULE_STATE_COMING] = "Loading",
		[MODULE_STATE_GOING] = "Unloading",
	};

	mutex_lock(&module_mutex);
	for (struct module *mod = module_next(NULL); mod; mod = module_next(mod)) {
		char taints[32];

		if (mod->state == MODULE_STATE_UNFORMED)
			continue;
		seq_printf(m, "%s %zu %d ", mod->name, mod->core.size, module_refcount(mod));
		modules_show_users(m, mod);
		seq_printf(m, " %s 0x%016lx", states[mod->state],
			   is_superuser() ? (unsigned long)mod->core.base : 0UL);
		if (module_format_taints(mod->taints, taints))
			seq_printf(m, " (%s)", taints);
		seq_putc(m, '\n');
	}
	mutex_unlock(&module_mutex);
	return 0;
}
KERNFS_SHOW(proc_modules, "/proc/modules", 0444, modules_proc_show);

void module_init_subsystem(void)
{
	module_root = kernfs_find("/sys/module");
	assert(module_root);
}

void module_refcnt_changed(const char *name)
{
	char path[MODULE_NAME_LEN + 24];
	struct kernfs_node *node;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	node = kernfs_find(path);
	if (!node)
		return;
	kernfs_notify(node);
	kernfs_put(node);
}
