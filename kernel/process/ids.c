/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who am I: process and thread numbers, and the words by which a thread's end is told. */
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

	/* The parent may die this moment: its number is read where it cannot be freed. */
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

#define ROBUST_LIST_HEAD_SIZE	24

SYSCALL_DEFINE2(set_robust_list, void __user *, head, size_t, len)
{
	if (len != ROBUST_LIST_HEAD_SIZE)
		return -EINVAL;
	current->robust_list = head;
	current->robust_list_len = len;
	return 0;
}

SYSCALL_DEFINE3(get_robust_list, int, pid, void *__user *, uhead, size_t __user *, ulen)
{
	struct task *t = pid ? task_find_get(pid) : current;
	void *head;
	bool allowed;

	if (!t)
		return -ESRCH;
	allowed = is_superuser() || t->process == current->process ||
		  t->process->cred.uid == current->process->cred.euid;
	head = t->robust_list;
	if (pid)
		task_put(t);
	if (!allowed)
		return -EPERM;
	if (put_user((size_t)ROBUST_LIST_HEAD_SIZE, ulen) || put_user(head, uhead))
		return -EFAULT;
	return 0;
}
