/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refs.c - how /proc gets hold of what another task owns.  The owner replaces its pointers
 * under pi_lock before it puts its reference (mm_switch_to_new(), mm_exit_current(),
 * do_exit(), exec); so a pointer read under pi_lock can be referenced there.
 */
#include <neurath/file.h>
#include <neurath/mm.h>
#include "internal.h"

struct files *proc_get_files(struct task *t)
{
	unsigned long flags;
	struct files *files;

	spin_lock_irqsave(&t->pi_lock, flags);
	files = t->files;
	if (files)
		files_get(files);
	spin_unlock_irqrestore(&t->pi_lock, flags);
	return files;
}

char *proc_copy_path(struct task *t, enum proc_path which)
{
	struct process *p = t->process;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *copy;
	unsigned long flags;
	const char *path;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	spin_lock_irqsave(&p->lock, flags);
	path = which == PROC_PATH_CWD ? p->cwd : which == PROC_PATH_ROOT ? p->root : p->exe_path;
	if (path)
		strscpy(buf, which == PROC_PATH_ROOT && !*path ? "/" : path, PATH_MAX);
	spin_unlock_irqrestore(&p->lock, flags);
	copy = path ? kstrdup(buf, GFP_KERNEL) : ERR_PTR(-ENOENT);
	kfree(buf);
	return copy ? copy : ERR_PTR(-ENOMEM);
}
