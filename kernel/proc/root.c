/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers in /proc (processes) and in /proc/PID/task (threads), and the links self and
 * thread-self.  A position in a listing is the number after the last one shown.
 */
#include <neurath/mm.h>
#include <uapi/stat.h>
#include "internal.h"

static bool proc_is_leader(const struct task *t)
{
	return (t->pflags & PF_KTHREAD) || t->pid == t->tgid;
}

/* ---- /proc ---------------------------------------------------------------------------- */

static int proc_root_lookup(struct kernfs_node *dir, const char *name, struct kernfs_node **out)
{
	pid_t pid = proc_parse_number(name);
	struct task *t = pid > 0 ? task_find_get(pid) : NULL;

	if (!t)
		return -ENOENT;
	if (!proc_task_exists(t)) {
		task_put(t);
		return -ENOENT;
	}
	return proc_pid_lookup(dir, t, false, out);
}

static bool proc_emit_pid(struct dir_sink *sink, pid_t pid, unsigned int index)
{
	char name[16];
	int len = snprintf(name, sizeof(name), "%d", pid);

	return sink->emit(sink, &(struct dir_entry){
		.name = name, .len = len, .ino = proc_pid_ino(pid, index), .type = DT_DIR,
		.next = pid + 1 });
}

static int proc_root_iterate(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos)
{
	pid_t pid = *pos > 0 ? *pos - 1 : 0;
	struct task *t;

	while ((t = task_find_next_get(&pid))) {
		bool show = proc_is_leader(t) && proc_task_exists(t);

		task_put(t);
		if (show && !proc_emit_pid(sink, pid, 0))
			break;
		*pos = pid + 1;
	}
	return 0;
}

static const struct kernfs_dyn_dir proc_root_dir = {
	.lookup = proc_root_lookup, .iterate = proc_root_iterate };
KERNFS_DIR(proc_root_def, "/proc", 0555, &proc_root_dir);

/* ---- /proc/PID/task ------------------------------------------------------------------- */

static int proc_task_lookup(struct kernfs_node *dir, const char *name, struct kernfs_node **out)
{
	struct task *leader = kernfs_private(dir);
	pid_t pid = proc_parse_number(name);
	struct task *t = pid > 0 ? task_find_get(pid) : NULL;

	if (!t)
		return -ENOENT;
	if (t->tgid != leader->tgid || !proc_task_exists(t)) {
		task_put(t);
		return -ENOENT;
	}
	return proc_pid_lookup(dir, t, true, out);
}

/* The lowest thread id above @pid in the process, or 0. */
static pid_t proc_next_thread(struct process *p, pid_t pid)
{
	struct task *t;
	unsigned long flags;
	pid_t next = 0;

	spin_lock_irqsave(&tasklist_lock, flags);
	list_for_each_entry(t, &p->threads, thread_node) {
		if (t->pid > pid && (!next || t->pid < next))
			next = t->pid;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return next;
}

static int proc_task_iterate(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos)
{
	struct task *t = kernfs_private(dir);
	pid_t pid;

	if (t->pflags & PF_KTHREAD) {
		if (*pos <= t->pid && proc_emit_pid(sink, t->pid, 32))
			*pos = t->pid + 1;
		return 0;
	}
	while ((pid = proc_next_thread(t->process, *pos > 0 ? *pos - 1 : 0))) {
		if (!proc_emit_pid(sink, pid, 32))
			break;
		*pos = pid + 1;
	}
	return 0;
}

const struct kernfs_dyn_dir proc_task_dir = {
	.lookup = proc_task_lookup, .iterate = proc_task_iterate };

/* ---- self ------------------------------------------------------------------------------- */

static char *proc_self_readlink(void *private)
{
	char target[16], *copy;

	snprintf(target, sizeof(target), "%d", current->tgid);
	copy = kstrdup(target, GFP_KERNEL);
	return copy ? copy : ERR_PTR(-ENOMEM);
}

static char *proc_thread_self_readlink(void *private)
{
	char target[48], *copy;

	snprintf(target, sizeof(target), "%d/task/%d", current->tgid, current->pid);
	copy = kstrdup(target, GFP_KERNEL);
	return copy ? copy : ERR_PTR(-ENOMEM);
}

static const struct kernfs_file_ops proc_self_ops = { .readlink = proc_self_readlink };
static const struct kernfs_file_ops proc_thread_self_ops = {
	.readlink = proc_thread_self_readlink };
KERNFS_FILE(proc_self, "/proc/self", S_IFLNK | 0777, &proc_self_ops, NULL);
KERNFS_FILE(proc_thread_self, "/proc/thread-self", S_IFLNK | 0777, &proc_thread_self_ops, NULL);
KERNFS_LINK(proc_mounts_link, "/proc/mounts", "self/mounts");
