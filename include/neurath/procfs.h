/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of modules below /proc, with Linux's names: kernel/proc/dynamic.c.  Process
 * context.  The kernel's own files use the linker set of <neurath/kernfs.h>.
 */
#ifndef NEURATH_PROCFS_H
#define NEURATH_PROCFS_H

#include <neurath/kernfs.h>

struct proc_dir_entry;

/* @parent NULL = /proc; @mode 0 = 0444.  @show gets @data as m->private.  NULL = error. */
struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *, void *),
					       void *data);
#define proc_create_single(name, mode, parent, show) \
	proc_create_single_data(name, mode, parent, show, NULL)
struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent);
/* Removes it with everything below, and waits until no show runs.  NULL has no effect. */
void proc_remove(struct proc_dir_entry *entry);
void remove_proc_entry(const char *name, struct proc_dir_entry *parent);

#endif
