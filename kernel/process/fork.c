/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New threads and processes: clone, fork, vfork, clone3.
 *
 * A thread shares address space, signal actions, cwd and more with its process.  The flags for
 * these come together or not at all; any other combination returns -EINVAL (docs/processes.md has
 * the table).  The child is complete before fork_publish() makes it visible; until then every
 * step can be undone.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/klp_sched.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/trace.h>
#include <neurath/uaccess.h>
#include <neurath/user.h>
#include <neurath/vm.h>
#include "internal.h"

/* These flags are accepted and have no effect. */
#define CLONE_IGNORED	(CLONE_SYSVSEM | CLONE_DETACHED | CLONE_IO)
#define CLONE_OFFERED	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_VFORK | \
			 CLONE_PARENT | CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | \
			 CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_CLEAR_SIGHAND | \
			 CLONE_PTRACE | CLONE_UNTRACED | CLONE_IGNORED)
#define CLONE_THREAD_PACKAGE	(CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD)

static int clone_check(const struct clone_request *req)
{
	u64 package = req->flags & (CLONE_FS | CLONE_SIGHAND | CLONE_THREAD);

	if (req->flags & ~CLONE_OFFERED)
		return -EINVAL;
	if (package && (req->flags & CLONE_THREAD_PACKAGE) != CLONE_THREAD_PACKAGE)
		return -EINVAL;
	if ((req->flags & CLONE_CLEAR_SIGHAND) && package)
		return -EINVAL;
	if ((req->flags & CLONE_PARENT) && current->process == init_process)
		return -EINVAL;
	if (req->exit_signal < 0 || req->exit_signal > _NSIG)
		return -EINVAL;
	if ((req->flags & CLONE_SETTLS) && req->tls >= USER_MAX)
		return -EPERM;
	return 0;
}

static void fork_copy_actions(struct process *child, struct process *parent, u64 clone_flags)
{
	memcpy(child->action, parent->action, sizeof(child->action));
	if (!(clone_flags & CLONE_CLEAR_SIGHAND))
		return;
	for (int i = 0; i < _NSIG; i++) {
		if (child->action[i].sa.handler != SIG_IGN)
			child->action[i].sa.handler = SIG_DFL;
	}
}

static int fork_copy_strings(struct process *child, struct process *parent)
{
	child->cwd = kstrdup(parent->cwd, GFP_ATOMIC);
	child->root = kstrdup(parent->root, GFP_ATOMIC);
	child->exe_path = parent->exe_path ? kstrdup(parent->exe_path, GFP_ATOMIC) : NULL;
	if (!child->cwd || !child->root || (parent->exe_path && !child->exe_path))
		return -ENOMEM;
	child->exe = parent->exe;
	if (child->exe)
		file_get(child->exe);
	return 0;
}

/* Allocates a process for the child; the one reference belongs to the family. */
static struct process *fork_process(struct task *leader, const struct clone_request *req)
{
	struct process *parent = current->process, *child = process_alloc();
	unsigned long flags;
	int error;

	if (!child)
		return NULL;
	child->pid = leader->pid;
	child->leader = leader;
	child->nr_threads = child->nr_live = 1;
	child->exit_signal = req->exit_signal;
	list_add(&leader->thread_node, &child->threads);
	spin_lock_irqsave(&parent->lock, flags);
	fork_copy_actions(child, parent, req->flags);
	child->cred = parent->cred;
	child->user = user_get(parent->user);
	memcpy(child->rlim, parent->rlim, sizeof(child->rlim));
	child->umask = parent->umask;
	child->oom_score_adj = parent->oom_score_adj;
	child->oom_score_adj_min = parent->oom_score_adj_min;
	child->no_new_privs = parent->no_new_privs;
	child->personality = READ_ONCE(parent->personality);
	error = fork_copy_strings(child, parent);
	spin_unlock_irqrestore(&parent->lock, flags);
	if (!error)
		return child;
	list_del_init(&leader->thread_node);
	process_put(child);
	return NULL;
}

static int fork_copy_mm(struct task *child, u64 clone_flags)
{
	if (clone_flags & CLONE_VM) {
		child->mm = current->mm;
		mm_get(child->mm);
		return 0;
	}
	child->mm = mm_fork(current->mm);
	return child->mm ? 0 : -ENOMEM;
}

static int fork_copy_files(struct task *child, u64 clone_flags)
{
	if (clone_flags & CLONE_FILES) {
		child->files = current->files;
		files_get(child->files);
		return 0;
	}
	child->files = files_copy(current->files);
	return child->files ? 0 : -ENOMEM;
}

static void fork_copy_thread(struct task *child, const struct clone_request *req,
			     const struct pt_regs *regs)
{
	struct pt_regs child_regs = *regs;

	child_regs.rax = 0;
	if (current->trace.mode == TRACE_SINGLESTEP)
		arch_ptrace_set_step(&child_regs, false);
	if (req->stack)
		child_regs.rsp = req->stack;
	arch_fpu_copy(child);
	arch_setup_user(child, &child_regs);
	child->fsbase = req->flags & CLONE_SETTLS ? req->tls : current->fsbase;
	child->gsbase = current->gsbase;
	child->pflags = (current->pflags & PF_SERVER) | PF_FORKNOEXEC;
	child->blocked = current->blocked;
	/* A new process has the same stack addresses; a thread or vfork child has its own. */
	if ((req->flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM)
		child->altstack = current->altstack;
	else
		child->altstack.ss_flags = SS_DISABLE;
	if (req->flags & CLONE_CHILD_SETTID)
		child->set_child_tid = req->child_tid;	/* stored at the child's first run */
	if (req->flags & CLONE_CHILD_CLEARTID)
		child->clear_child_tid = req->child_tid;
}

/* Undoes what fork_create() has done so far. */
static void fork_discard(struct task *child)
{
	struct process *p = child->process;

	if (p && p != current->process) {
		if (p->exe)
			file_put(p->exe);
		p->exe = NULL;
		list_del_init(&child->thread_node);
		process_put(p);			/* the family's reference */
	}
	if (child->mm)
		mm_put(child->mm);
	if (child->files)
		files_put(child->files);
	child->mm = NULL;
	child->files = NULL;
	task_put(child);
}

static struct task *fork_create(const struct clone_request *req, const struct pt_regs *regs)
{
	struct task *child = task_alloc(current->comm);
	struct process *p = current->process;

	if (!child)
		return ERR_PTR(-EAGAIN);
	if (req->flags & CLONE_THREAD)
		child->tgid = p->pid;
	else
		p = fork_process(child, req);
	if (!p)
		goto no_memory;
	process_get(p);				/* the task's reference */
	child->process = p;
	if (arch_fpu_alloc(child) || fork_copy_files(child, req->flags) ||
	    fork_copy_mm(child, req->flags))
		goto no_memory;
	fork_copy_thread(child, req, regs);
	return child;

no_memory:
	fork_discard(child);
	return ERR_PTR(-ENOMEM);
}

/* Links the new process into the family and into its parent's group. */
static void fork_link_process(struct process *p, u64 clone_flags)
{
	struct process *parent = current->process;

	session_inherit(p, parent);
	if (clone_flags & CLONE_PARENT) {
		p->exit_signal = parent->exit_signal;
		parent = parent->parent;
	}
	p->parent = parent;
	list_add_tail(&p->sibling, &parent->children);
	list_add_tail(&p->process_node, &all_processes);
	nr_processes++;
}

/* Exact under tasklist_lock; without it good enough to refuse a child early. */
bool process_over_nproc(struct process *p, unsigned more)
{
	return p->cred.uid && p->cred.euid && (u64)READ_ONCE(p->user->nr_tasks) + more >
	       READ_ONCE(p->rlim[RLIMIT_NPROC].cur);
}

/*
 * A signal to the group that was sent before the child belonged to it must still reach the child:
 * if one is pending, fork starts again after the delivery.
 */
static int fork_may_publish(void)
{
	if (test_task_flag(current, TIF_SIGPENDING))
		return -ERESTARTNOINTR;
	return process_over_nproc(current->process, 1) ? -EAGAIN : 0;
}

static int fork_publish(struct task *child, const struct clone_request *req)
{
	struct process *parent = current->process;
	unsigned long flags;
	int error;

	spin_lock_irqsave(&tasklist_lock, flags);
	spin_lock(&parent->lock);
	error = fork_may_publish();
	if (!error && child->process == parent) {
		parent->nr_threads++;
		parent->nr_live++;
		list_add_tail(&child->thread_node, &parent->threads);
	}
	/* Here a thread that is not in the pid table yet has a visible process. */
	if (!error)
		ptrace_inherit(child, req->flags, req->exit_signal);
	spin_unlock(&parent->lock);
	if (error)
		goto out;
	if (child->process != parent)
		fork_link_process(child->process, req->flags);
	total_forks++;
	/* Until the publication the target cannot change: see livepatch/transition.c. */
	klp_copy_process(child);
	task_publish(child);
out:
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

/*
 * The parent of a vfork child waits here.  The way out to user mode calls this function, when no
 * other function of the system call is on the stack any more.  So a live patch of fork() need not
 * wait for the child, and a kick can send the parent through one pass of the exit loop and back
 * here.  Returns false if the task was kicked: the caller must call again.
 *
 * Only death ends the wait early: the parent must not run on the child's stack.  The child
 * reports by vfork_waiting = false; the queue of its process exists as long as the child's task.
 */
bool process_wait_vfork(void)
{
	struct task *child = current->vfork_child;

	if (READ_ONCE(child->vfork_waiting) &&
	    wait_event_state(child->process->wait_child, !READ_ONCE(child->vfork_waiting),
			     TASK_KILLABLE | TASK_KICKABLE) &&
	    !fatal_signal_pending(current)) {
		clear_task_flag(current, TIF_NOTIFY_SIGNAL);
		return false;
	}
	clear_task_flag(current, TIF_VFORK_WAIT);
	current->vfork_child = NULL;
	/* The number as this process knows it: execve() of a thread changes the leader's. */
	ptrace_event(PTRACE_EVENT_VFORK_DONE,
		     child->process == current->process ? child->pid : child->tgid);
	task_put(child);
	return true;
}

long process_clone(const struct clone_request *req, const struct pt_regs *regs)
{
	struct task *child;
	pid_t pid;
	int error = clone_check(req);

	if (!error && process_over_nproc(current->process, 1))
		error = -EAGAIN;
	if (error)
		return error;
	child = fork_create(req, regs);
	if (IS_ERR(child))
		return PTR_ERR(child);
	pid = child->pid;
	child->vfork_waiting = req->flags & CLONE_VFORK;
	if ((req->flags & CLONE_PARENT_SETTID) && put_user(pid, req->parent_tid))
		error = -EFAULT;
	if (!error)
		error = fork_publish(child, req);
	if (error) {
		fork_discard(child);
		return error;
	}
	if (req->flags & CLONE_VFORK) {
		task_get(child);	/* it does not run, and so cannot die, before this */
		current->vfork_child = child;
		set_task_flag(current, TIF_VFORK_WAIT);
	}
	if (trace_is_on(sched_process_fork))
		trace_sched_process_fork(child);
	wake_up_new_task(child);
	if (!(req->flags & CLONE_UNTRACED))
		ptrace_event(ptrace_clone_event(req->flags, req->exit_signal), pid);
	return pid;
}

/* ---- system calls ----------------------------------------------------------- */

SYSCALL_DEFINE0(fork)
{
	struct clone_request req = { .exit_signal = SIGCHLD };

	return process_clone(&req, regs);
}

SYSCALL_DEFINE0(vfork)
{
	struct clone_request req = { .flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD };

	return process_clone(&req, regs);
}

/* Takes the registers themselves: the child starts with a copy of them. */
SYSCALL_DEFINE0(clone)
{
	struct clone_request req = {
		.flags = (u32)SC_ARG1 & ~CSIGNAL,
		.exit_signal = SC_ARG1 & CSIGNAL,
		.stack = SC_ARG2,
		.parent_tid = (int __user *)SC_ARG3,
		.child_tid = (int __user *)SC_ARG4,
		.tls = SC_ARG5,
	};

	return process_clone(&req, regs);
}

/* struct clone_args of the ABI: its first version (64 bytes), and later ones. */
struct clone3_args {
	u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	u64 set_tid, set_tid_size, cgroup;
};
#define CLONE3_SIZE_VER0	64

static int clone3_read(struct clone3_args *args, const void __user *uargs, size_t size)
{
	u8 rest;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE3_SIZE_VER0)
		return -EINVAL;
	memset(args, 0, sizeof(*args));
	if (copy_from_user(args, uargs, min(size, sizeof(*args))))
		return -EFAULT;
	/* Fields of a later version, unknown here, must be zero. */
	for (size_t i = sizeof(*args); i < size; i++) {
		if (get_user(rest, (const u8 __user *)uargs + i))
			return -EFAULT;
		if (rest)
			return -E2BIG;
	}
	if (args->set_tid_size || args->cgroup || (args->flags & (CSIGNAL | CLONE_DETACHED)))
		return -EINVAL;
	if (!args->stack != !args->stack_size || args->exit_signal > _NSIG)
		return -EINVAL;
	return 0;
}

SYSCALL_DEFINE0(clone3)
{
	struct clone3_args args;
	int error = clone3_read(&args, (const void __user *)SC_ARG1, SC_ARG2);

	if (error)
		return error;
	struct clone_request req = {
		.flags = args.flags,
		.exit_signal = args.exit_signal,
		.stack = args.stack + args.stack_size,
		.parent_tid = (int __user *)args.parent_tid,
		.child_tid = (int __user *)args.child_tid,
		.tls = args.tls,
	};

	if ((args.flags & (CLONE_THREAD | CLONE_PARENT)) && args.exit_signal)
		return -EINVAL;
	return process_clone(&req, regs);
}
