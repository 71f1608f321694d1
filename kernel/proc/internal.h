/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declarations that the files of /proc share.
 *
 * The private pointer of each node below /proc/PID is the task, with a reference that the node's
 * release drops.  A method returns -ESRCH once the task has ended.
 */
#ifndef PROC_INTERNAL_H
#define PROC_INTERNAL_H

#include <neurath/kernfs.h>
#include <neurath/module.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/vm.h>

#define USER_HZ			100
#define NSEC_PER_TICK		(NSEC_PER_SEC / USER_HZ)

/* One entry of a PID directory. */
struct proc_pid_entry {
	const char *name;
	umode_t mode;			/* with type */
	const struct kernfs_file_ops *ops;
	const struct kernfs_dyn_dir *dyn;
};

/* pid.c */
int proc_pid_lookup(struct kernfs_node *parent, struct task *task, bool is_thread,
		    struct kernfs_node **out);	/* consumes the reference */
void proc_put_task(void *task);
/* The number that @name represents, or -ENOENT. */
pid_t proc_parse_number(const char *name);
u64 proc_pid_ino(pid_t pid, unsigned int index);
bool proc_task_exists(const struct task *t);
/*
 * The address space of the task, with a reference; NULL if it has none any more; -EACCES if the
 * reader may not trace the task and therefore may not see its memory and files.
 */
struct mm *proc_get_mm(struct task *t);
/* True if the reader may trace the task in its present state. */
bool proc_may_see(struct task *t);
/*
 * Ends a look at data other than memory: drops @mm, which came from proc_get_mm().  False if the
 * task has another address space by now: the data may belong to a program with more rights.
 */
bool proc_put_mm_unchanged(struct task *t, struct mm *mm);
extern const struct kernfs_dyn_dir proc_task_dir, proc_fd_dir;

/* refs.c: a kmalloc'ed copy of a path of its process; an error pointer if there is none. */
enum proc_path { PROC_PATH_CWD, PROC_PATH_ROOT, PROC_PATH_EXE };
char *proc_copy_path(struct task *t, enum proc_path which);

/* Methods; the private pointer is the task. */
int proc_pid_stat_show(struct seq_file *m, void *v);
int proc_tid_stat_show(struct seq_file *m, void *v);
int proc_statm_show(struct seq_file *m, void *v);
int proc_status_show(struct seq_file *m, void *v);
int proc_maps_show(struct seq_file *m, void *v);
int proc_cmdline_show(struct seq_file *m, void *v);
int proc_environ_show(struct seq_file *m, void *v);
int proc_auxv_show(struct seq_file *m, void *v);
int proc_stack_show(struct seq_file *m, void *v);
int proc_wchan_show(struct seq_file *m, void *v);
int proc_patch_state_show(struct seq_file *m, void *v);
int proc_limits_show(struct seq_file *m, void *v);
int proc_mounts_show(struct seq_file *m, void *v);
int proc_oom_score_show(struct seq_file *m, void *v);
extern const struct kernfs_file_ops proc_oom_adj_ops;

/* system.c */
u64 proc_idle_ns(void);

#endif
