/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Process and thread numbers: getpid() and its relatives. */
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>

SYSCALL_DEFINE0(getpid)
{
	return current->tgid;
}

SYSCALL_DEFINE0(gettid)
{
	return current->pid;
}

SYSCALL_DEFINE0(getppid)
{
	struct process *parent;
	unsigned long flags;
	pid_t pid;

	/* The parent may die at this moment: its number is read where it cannot be freed. */
	spin_lock_irqsave(&tasklist_lock, flags);
	parent = current->process->parent;
	pid = parent ? parent->pid : 0;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return pid;
}

SYSCALL_DEFINE1(set_tid_address, int __user *, tidptr)
{
	current->clear_child_tid = tidptr;
	return current->pid;
}
