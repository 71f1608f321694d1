/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of the strings that the process of another task owns.
 */
#include <neurath/file.h>
#include <neurath/mm.h>
#include "internal.h"

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
