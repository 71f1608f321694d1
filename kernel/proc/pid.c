/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories /proc/PID and /proc/PID/task/TID, which are made at look-up, and the list of
 * their entries.  A directory that is kept open outlives its task: a look-up in it then returns
 * -ENOENT, a read returns -ESRCH.
 */
#include <neurath/mm.h>
#include <neurath/ptrace.h>
#include <uapi/stat.h>
#include "internal.h"

#define PROC_PID_SLOTS	64		/* inode numbers for each task */

u64 proc_pid_ino(pid_t pid, unsigned int index)
{
	return (1UL << 32) + (u64)pid * PROC_PID_SLOTS + index;
}

pid_t proc_parse_number(const char *name)
{
	pid_t n = 0;

	if (!*name || (*name == '0' && name[1]))
		return -ENOENT;
	for (; *name; name++) {
		if (*name < '0' || *name > '9' || n > INT_MAX / 10 - 1)
			return -ENOENT;
		n = n * 10 + (*name - '0');
	}
	return n;
}

void proc_put_task(void *task)
{
	task_put(task);
}

/* True if the task is running, sleeping, or a zombie that has not been waited for. */
bool proc_task_exists(const struct task *t)
{
	const struct process *p = t->process;

	if (READ_ONCE(t->state) != TASK_DEAD)
		return true;
	return !(t->pflags & PF_KTHREAD) && READ_ONCE(p->leader) == t &&
	       READ_ONCE(p->state) != PROCESS_REAPED;
}

/* ---- small files ---------------------------------------------------------------------- */

static int proc_comm_show(struct seq_file *m, void *v)
{
	const struct task *t = v;

	seq_printf(m, "%s\n", t->comm);
	return 0;
}

/* A task may rename itself and the other threads of its process. */
static ssize_t proc_comm_store(const char *buf, size_t n, void *v)
{
	struct task *t = v;
	size_t len = strnlen(buf, n);

	if (t->process != current->process)
		return -EINVAL;
	if (len && buf[len - 1] == '\n')
		len--;
	len = min(len, (size_t)TASK_COMM_LEN - 1);
	memcpy(t->comm, buf, len);
	memset(t->comm + len, 0, TASK_COMM_LEN - len);
	return n;
}

static char *proc_pid_link(struct task *t, enum proc_path which)
{
	for (;;) {
		struct mm *mm = proc_get_mm(t);
		char *path;

		if (IS_ERR(mm))
			return ERR_PTR(-EACCES);
		path = proc_copy_path(t, which);
		if (proc_put_mm_unchanged(t, mm))
			return path;
		if (!IS_ERR(path))
			kfree(path);
	}
}

static char *proc_cwd_path(void *v)
{
	return proc_pid_link(v, PROC_PATH_CWD);
}

static char *proc_root_path(void *v)
{
	return proc_pid_link(v, PROC_PATH_ROOT);
}

static char *proc_exe_path(void *v)
{
	return proc_pid_link(v, PROC_PATH_EXE);
}

#define PROC_TEXT(fn)	(&(const struct kernfs_file_ops){ .show = fn })
#define PROC_LINK(fn)	(&(const struct kernfs_file_ops){ .real_path = fn })

static const struct kernfs_file_ops proc_comm_ops = {
	.show = proc_comm_show, .store = proc_comm_store };

/* "stat" and "task" differ between a process and a thread: the first and last two entries. */
static const struct proc_pid_entry proc_pid_entries[] = {
	{ "stat", S_IFREG | 0444, PROC_TEXT(proc_pid_stat_show), NULL },
	{ "auxv", S_IFREG | 0400, PROC_TEXT(proc_auxv_show), NULL },
	{ "cmdline", S_IFREG | 0444, PROC_TEXT(proc_cmdline_show), NULL },
	{ "comm", S_IFREG | 0644, &proc_comm_ops, NULL },
	{ "cwd", S_IFLNK | 0777, PROC_LINK(proc_cwd_path), NULL },
	{ "environ", S_IFREG | 0400, PROC_TEXT(proc_environ_show), NULL },
	{ "exe", S_IFLNK | 0777, PROC_LINK(proc_exe_path), NULL },
	{ "fd", S_IFDIR | 0500, NULL, &proc_fd_dir },
	{ "limits", S_IFREG | 0444, PROC_TEXT(proc_limits_show), NULL },
	{ "maps", S_IFREG | 0444, PROC_TEXT(proc_maps_show), NULL },
	{ "mounts", S_IFREG | 0444, PROC_TEXT(proc_mounts_show), NULL },
	{ "oom_score", S_IFREG | 0444, PROC_TEXT(proc_oom_score_show), NULL },
	{ "oom_score_adj", S_IFREG | 0644, &proc_oom_adj_ops, NULL },
	{ "patch_state", S_IFREG | 0400, PROC_TEXT(proc_patch_state_show), NULL },
	{ "root", S_IFLNK | 0777, PROC_LINK(proc_root_path), NULL },
	{ "stack", S_IFREG | 0400, PROC_TEXT(proc_stack_show), NULL },
	{ "statm", S_IFREG | 0444, PROC_TEXT(proc_statm_show), NULL },
	{ "status", S_IFREG | 0444, PROC_TEXT(proc_status_show), NULL },
	{ "wchan", S_IFREG | 0444, PROC_TEXT(proc_wchan_show), NULL },
	{ "task", S_IFDIR | 0555, NULL, &proc_task_dir },
};
static const struct proc_pid_entry proc_tid_stat = {
	"stat", S_IFREG | 0444, PROC_TEXT(proc_tid_stat_show), NULL };
#define PROC_NR_ENTRIES	ARRAY_SIZE(proc_pid_entries)

static const struct kernfs_dyn_dir proc_pid_dir, proc_tid_dir;

/* ---- the directory --------------------------------------------------------------------- */

/* A new node whose private pointer is @t; consumes the reference.  NULL = no memory. */
static struct kernfs_node *proc_pid_node(struct kernfs_node *parent, const char *name,
					 struct task *t, const struct proc_pid_entry *e, u64 ino)
{
	struct kernfs_node *node = kernfs_new(parent, name, &(struct kernfs_attr){
		.mode = e->mode, .ops = e->ops, .dyn = e->dyn,
		.private = t, .release = proc_put_task, .ino = ino });

	if (!node) {
		task_put(t);
		return NULL;
	}
	/* A task that may not be traced belongs to root: its rights are more than its ids. */
	if (!(t->pflags & PF_KTHREAD) && task_dumpable(t))
		kernfs_set_owner(node, t->process->cred.euid, t->process->cred.egid);
	return node;
}

int proc_pid_lookup(struct kernfs_node *parent, struct task *task, bool is_thread,
		    struct kernfs_node **out)
{
	const struct proc_pid_entry dir = {
		NULL, S_IFDIR | 0555, NULL, is_thread ? &proc_tid_dir : &proc_pid_dir };
	char name[16];

	snprintf(name, sizeof(name), "%d", task->pid);
	*out = proc_pid_node(parent, name, task, &dir,
			     proc_pid_ino(task->pid, is_thread ? PROC_PID_SLOTS / 2 : 0));
	return *out ? 0 : -ENOMEM;
}

static int proc_entry_lookup(struct kernfs_node *dir, const char *name, bool is_thread,
			     struct kernfs_node **out)
{
	struct task *t = kernfs_private(dir);

	if (!proc_task_exists(t))
		return -ENOENT;
	for (unsigned int i = 0; i < PROC_NR_ENTRIES - is_thread; i++) {
		const struct proc_pid_entry *e = &proc_pid_entries[i];

		if (strcmp(e->name, name) != 0)
			continue;
		if (is_thread && i == 0)
			e = &proc_tid_stat;
		task_get(t);
		*out = proc_pid_node(dir, name, t, e,
				     proc_pid_ino(t->pid, 1 + i + is_thread * PROC_PID_SLOTS / 2));
		return *out ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

static int proc_entry_iterate(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos,
			      bool is_thread)
{
	struct task *t = kernfs_private(dir);

	for (; *pos < (loff_t)PROC_NR_ENTRIES - is_thread; ++*pos) {
		const struct proc_pid_entry *e = &proc_pid_entries[*pos];
		unsigned int type = S_ISDIR(e->mode) ? DT_DIR : S_ISLNK(e->mode) ? DT_LNK : DT_REG;

		if (!sink->emit(sink, &(struct dir_entry){
				.name = e->name, .len = strlen(e->name),
				.ino = proc_pid_ino(t->pid, 1 + *pos +
						    is_thread * PROC_PID_SLOTS / 2),
				.type = type, .next = *pos + 1 }))
			break;
	}
	return 0;
}

static int proc_pid_dir_lookup(struct kernfs_node *dir, const char *name,
			       struct kernfs_node **out)
{
	return proc_entry_lookup(dir, name, false, out);
}

static int proc_pid_dir_iterate(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos)
{
	return proc_entry_iterate(dir, sink, pos, false);
}

static int proc_tid_dir_lookup(struct kernfs_node *dir, const char *name,
			       struct kernfs_node **out)
{
	return proc_entry_lookup(dir, name, true, out);
}

static int proc_tid_dir_iterate(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos)
{
	return proc_entry_iterate(dir, sink, pos, true);
}

static const struct kernfs_dyn_dir proc_pid_dir = {
	.lookup = proc_pid_dir_lookup, .iterate = proc_pid_dir_iterate };
static const struct kernfs_dyn_dir proc_tid_dir = {
	.lookup = proc_tid_dir_lookup, .iterate = proc_tid_dir_iterate };
