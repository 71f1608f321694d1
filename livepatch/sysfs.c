// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /sys/kernel/livepatch: the administrator's side.
 *
 *	PATCH/enabled		0644	0 disables, or reverses; 1 reverses a disable
 *	PATCH/transition	0444	1 while this patch is in transition
 *	PATCH/force		0200	1: all remaining tasks count as switched
 *	PATCH/signal		0200	1: fake signal to all remaining tasks now
 *	PATCH/replace		0444
 *	PATCH/stack_order	0444	1 = oldest active patch
 *	PATCH/blockers		0444	who has not switched, and why (see docs)
 *	PATCH/OBJECT/patched	0444
 *	PATCH/OBJECT/FUNC,POS/	empty directory
 *
 * Reads are snapshots and take no lock, except stack_order.  Writes take
 * klp_mutex.  The nodes are removed without it (core.c), and a file of a removed
 * node answers -ENODEV.
 */
#include "internal.h"
#include <neurath/kernfs.h>
#include <neurath/sched.h>
#include <neurath/string.h>

/* Every patch's files hang below this static directory. */
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
	/* A disabled patch cannot come back: its module is loaded again instead. */
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

/* Parses the boolean and runs @act under klp_mutex if it is true and a transition of ours runs. */
static ssize_t klp_act_on_transition(const char *buf, size_t n, struct klp_patch *patch,
				     void (*act)(void))
{
	bool yes;
	int error = kstrtobool(buf, &yes);

	if (error)
		return error;
	if (!yes)
		return (ssize_t)n;
	mutex_lock(&klp_mutex);
	if (patch == klp_transition_patch)
		act();
	else
		error = -EINVAL;
	mutex_unlock(&klp_mutex);
	return error ? error : (ssize_t)n;
}

/* Completed before anybody can turn it round: what has been forced stays so. */
static void klp_force_now(void)
{
	klp_force_transition();
	klp_complete_if_done();
}

static ssize_t klp_force_store(const char *buf, size_t n, void *private)
{
	return klp_act_on_transition(buf, n, private, klp_force_now);
}

static void klp_signal_now(void)
{
	pr_notice("signaling remaining tasks\n");
	klp_send_signals();
}

static ssize_t klp_signal_store(const char *buf, size_t n, void *private)
{
	return klp_act_on_transition(buf, n, private, klp_signal_now);
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
	struct klp_patch *patch;
	int order = 0, found = 0;

	mutex_lock(&klp_mutex);
	list_for_each_entry(patch, &klp_patches, list) {
		order++;
		if (patch == private)
			found = order;
	}
	mutex_unlock(&klp_mutex);
	if (!found)
		return -ENODEV;		/* disabled or replaced, its directory still there */
	seq_printf(m, "%d\n", found);
	return 0;
}

static int klp_patched_show(struct seq_file *m, void *private)
{
	const struct klp_object *obj = private;

	seq_printf(m, "%d\n", READ_ONCE(obj->patched));
	return 0;
}

/* ---- blockers ------------------------------------------------------------------------ */

/* How the task came to stand in the function that blocks it. */
static const char *klp_state_text(unsigned state)
{
	if (state == TASK_RUNNING)
		return "waits for a CPU in";
	if (state & TASK_TRACED_BIT)
		return "stopped by its tracer in";
	return state & TASK_STOPPED_BIT ? "stopped in" : "asleep in";
}

static const char *klp_verdict_text(const struct klp_judgement *look)
{
	switch (look->verdict) {
	case KLP_CLEAR:
		return "switches when it next passes";
	case KLP_RUNNING:
		return "running";
	case KLP_BLOCKED:
		return klp_state_text(look->state);
	case KLP_UNRELIABLE:
		return unwind_reason_text(look->reason);
	}
	return "?";
}

/* A task chooses its name: it must not be able to look like a line of its own. */
static void klp_show_name(struct seq_file *m, const char *name)
{
	for (; *name; name++) {
		if (*name == '\n' || *name == '\\')
			seq_putc(m, '\\');
		seq_putc(m, *name == '\n' ? 'n' : *name);
	}
}

static void klp_show_blocker(struct seq_file *m, struct task *task)
{
	struct klp_judgement look;
	char where[96] = "-";

	if (!test_task_flag(task, TIF_PATCH_PENDING))
		return;
	klp_judge_task(task, false, &look);
	if (look.verdict == KLP_BLOCKED)
		ksym_sprint(where, sizeof(where), look.addr - 1, true);
	seq_printf(m, "%d ", task->pid);
	klp_show_name(m, task->comm);
	seq_printf(m, " cpu %u %c %s: %s %s %llu ms\n", look.cpu, task_state_letter(task),
		   look.verdict == KLP_UNRELIABLE ? "unreliable stack" : "pending",
		   klp_verdict_text(&look), where,
		   (unsigned long long)((clock_ns() - task->klp_since_ns) / NSEC_PER_MSEC));
}

static int klp_blockers_show(struct seq_file *m, void *private)
{
	struct task_walk walk;
	struct task *task;

	if (private != READ_ONCE(klp_transition_patch))
		return 0;
	for (task = task_walk_first(&walk); task; task = task_walk_next(&walk))
		klp_show_blocker(m, task);
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		klp_show_blocker(m, idle_task(cpu));
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

	/* Position 0 means "the only one", which is the first. */
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

/* What was added before an error stays for klp_sysfs_remove(). */
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
