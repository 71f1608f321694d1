/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of threads and processes, in three steps.
 *
 *	do_exit()		releases what the thread holds, makes its last switch
 *	process_task_gone()	called after the last switch: the thread leaves the table;
 *				the last one turns the process into a zombie, and only then
 *				its parent is notified
 *	process_reap()		the parent has waited, or ignores its children
 *
 * So a program that learns of a death can rely on it that the dead thread does not run any more.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/futex.h>
#include <neurath/itimer.h>
#include <neurath/klp_sched.h>
#include <neurath/life.h>
#include <neurath/oom.h>
#include <neurath/port.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include <neurath/trace.h>
#include <neurath/uaccess.h>
#include <neurath/vm.h>
#include "internal.h"

#define WAIT_CODE_EXITED(status)	(((status) & 0xff) << 8)

void process_mm_release(struct task *t)
{
	assert(t == current);
	futex_exit_robust(t);
	if (t->clear_child_tid) {
		/* An error is ignored: if the word is not mapped, no thread can wait for it. */
		put_user(0, t->clear_child_tid);
		futex_wake_user(t->clear_child_tid, 1);
		t->clear_child_tid = NULL;
	}
	if (t->vfork_waiting) {
		WRITE_ONCE(t->vfork_waiting, false);
		wake_up_all(&t->process->wait_child);
	}
}

/* ---- family ------------------------------------------------------------------- */

static struct process *exit_choose_reaper(struct process *p)
{
	struct process *up;

	for (up = p->parent; up && up != init_process; up = up->parent) {
		if (up->is_subreaper && up->nr_live)
			return up;
	}
	return init_process;
}

/* A stopped group that no process can continue any more gets SIGHUP and SIGCONT. */
static void exit_check_orphans(struct process_group *pg)
{
	if (!pgrp_is_orphaned(pg) || !pgrp_has_stopped(pg))
		return;
	send_signal_pgrp_locked(SIGHUP, NULL, pg);
	send_signal_pgrp_locked(SIGCONT, NULL, pg);
}

static bool exit_notify_zombie(struct process *p);

void exit_show_zombie(struct process *p)
{
	list_move(&p->sibling, &p->parent->children);
	if (exit_notify_zombie(p))
		process_reap(p);
}

static void exit_give_away_children(struct process *p)
{
	struct process *reaper = exit_choose_reaper(p), *child, *next;

	list_for_each_entry_safe(child, next, &p->children, sibling) {
		child->parent = reaper;
		child->exit_signal = SIGCHLD;
		list_move_tail(&child->sibling, &reaper->children);
		if (child->pdeath_signal)
			send_signal_process(child->pdeath_signal, NULL, child);
		if (child->session == p->session && child->pgrp != p->pgrp)
			exit_check_orphans(child->pgrp);
		if (child->state == PROCESS_ZOMBIE)
			exit_show_zombie(child);
	}
}

/* @p has no live thread any more, but is not a zombie yet. */
static void exit_leave_family(struct process *p)
{
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	ptrace_tracer_exits(p, exit_show_zombie);
	exit_give_away_children(p);
	if (p->parent && p->parent->pgrp != p->pgrp && p->parent->session == p->session)
		exit_check_orphans(p->pgrp);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

/* ---- the dying thread ------------------------------------------------------- */

static void exit_process_resources(struct process *p)
{
	struct file *exe = p->exe;

	if (p == init_process)
		panic("init (pid 1) has died, exit code 0x%08x",
		      p->sig_flags & SIGNAL_GROUP_EXIT ? p->group_exit_code : current->exit_code);
	itimer_process_exit(p);
	life_call(process_exits, p);
	session_process_exit(p);
	p->exe = NULL;
	if (exe)
		file_put(exe);
}

static void exit_give_up_files(void)
{
	struct files *files = current->files;
	unsigned long flags;

	spin_lock_irqsave(&current->pi_lock, flags);	/* /proc reads files of other tasks */
	current->files = NULL;
	spin_unlock_irqrestore(&current->pi_lock, flags);
	if (files)
		files_put(files);
}

void do_exit(int code)
{
	struct process *p = current->process;
	bool last;

	assert(!(current->pflags & (PF_KTHREAD | PF_IDLE | PF_EXITING)));
	current->exit_code = code;
	last = signal_thread_exit();
	trace_note_comm();
	if (trace_is_on(sched_process_exit))
		trace_sched_process_exit();
	process_mm_release(current);
	mm_exit_current();
	exit_give_up_files();
	if (last) {
		exit_process_resources(p);
		exit_leave_family(p);
	}
	sched_exit_current();
}

void do_group_exit(int code)
{
	struct process *p = current->process;
	unsigned long flags;

	/* Before the thread counts as dying, which ends every stop. */
	ptrace_event(PTRACE_EVENT_EXIT, code);
	spin_lock_irqsave(&p->lock, flags);
	if (p->sig_flags & SIGNAL_GROUP_EXIT)
		code = p->group_exit_code;
	else if ((p->sig_flags & SIGNAL_GROUP_EXEC) && p->exec_task != current)
		/* only this thread dies; the new program continues */
		code = 0;
	else
		signal_start_group_exit(p, code);
	spin_unlock_irqrestore(&p->lock, flags);
	do_exit(code);
}

/* ---- the dead process --------------------------------------------------------- */

int process_wait_status(struct process *p)
{
	return p->sig_flags & SIGNAL_GROUP_EXIT ? p->group_exit_code : p->leader->exit_code;
}

void wait_fill_exit(siginfo_t *info, int status)
{
	info->si_code = status & 0x80 ? CLD_DUMPED : status & 0x7f ? CLD_KILLED : CLD_EXITED;
	info->si_status = status & 0x7f ? status & 0x7f : status >> 8;
}

void process_exit_info(struct process *p, siginfo_t *info)
{
	u64 utime, stime;

	*info = (siginfo_t){ .si_signo = SIGCHLD };
	process_times(p, &utime, &stime);
	info->si_chld_pid = p->pid;
	info->si_chld_uid = p->cred.uid;
	info->si_utime = utime / (NSEC_PER_SEC / 100);
	info->si_stime = stime / (NSEC_PER_SEC / 100);
	wait_fill_exit(info, process_wait_status(p));
}

/* Notifies the parent.  True = the parent ignores its children: reap at once. */
static bool exit_notify_zombie(struct process *p)
{
	struct process *parent = p->parent;
	struct kernel_sigaction *sa = &parent->action[SIGCHLD - 1].sa;
	bool autoreap = false, silent = false;
	siginfo_t info;

	assert_spin_held(&tasklist_lock);
	if (p->leader->trace.tracer) {
		process_exit_info(p, &info);
		ptrace_notify_tracer(p->leader, &info);
		return false;
	}
	if (p->exit_signal == SIGCHLD) {
		silent = READ_ONCE(sa->handler) == SIG_IGN;
		autoreap = silent || (READ_ONCE(sa->flags) & SA_NOCLDWAIT);
	}
	if (p->exit_signal && !silent) {
		process_exit_info(p, &info);
		info.si_signo = p->exit_signal;
		send_signal_process(p->exit_signal, &info, parent);
	}
	wake_up_all(&parent->wait_child);
	return autoreap;
}

void process_reap(struct process *p)
{
	struct task *leader = p->leader;
	unsigned long flags;

	assert_spin_held(&tasklist_lock);
	assert(p->state == PROCESS_ZOMBIE && list_empty(&p->children));
	p->state = PROCESS_REAPED;
	ptrace_unlink(leader);
	list_del_init(&p->sibling);
	list_del_init(&p->process_node);
	nr_processes--;
	session_leave(p);
	spin_lock_irqsave(&p->lock, flags);
	list_del_init(&leader->thread_node);
	/* Signals that no thread will take count for the user until here. */
	flush_sigqueue(&p->shared_pending);
	spin_unlock_irqrestore(&p->lock, flags);
	task_unpublish(leader);
	process_put(p);
}

static void exit_unlink_thread(struct process *p, struct task *t)
{
	u64 user, sys;

	p->nr_threads--;
	if (t == p->leader)
		return;
	task_cputime(t, &user, &sys);
	p->utime += user;
	p->stime += sys;
	list_del_init(&t->thread_node);
}

/* The tracer of a thread sees its death: the thread stays in the pid table until then. */
static bool exit_thread_traced(struct task *t)
{
	siginfo_t info = { .si_signo = SIGCHLD };

	if (!t->trace.tracer)
		return false;
	t->trace.zombie = true;
	info.si_chld_pid = t->pid;
	info.si_chld_uid = t->process->cred.uid;
	wait_fill_exit(&info, t->exit_code);
	ptrace_notify_tracer(t, &info);
	return true;
}

/* @t has made its last switch and has no stack any more.  Also for kernel threads. (irq) */
static void process_task_gone(struct task *t)
{
	struct process *p = t->process;
	bool is_leader;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	spin_lock(&p->lock);
	is_leader = t == p->leader;
	exit_unlink_thread(p, t);
	spin_unlock(&p->lock);
	if (!is_leader && !exit_thread_traced(t))
		task_unpublish(t);
	/* kernel_process has no parent, and does not end. */
	if (p != &kernel_process && !p->nr_threads) {
		p->state = PROCESS_ZOMBIE;
		oom_process_gone(p);
		exit_show_zombie(p);
	} else if (p->exec_task) {
		wake_up_all(&p->wait_child);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

LIFE_HOOK(exit_life) = { .task_gone = process_task_gone };

SYSCALL_DEFINE1(exit, int, status)
{
	ptrace_event(PTRACE_EVENT_EXIT, WAIT_CODE_EXITED(status));
	do_exit(WAIT_CODE_EXITED(status));
}

SYSCALL_DEFINE1(exit_group, int, status)
{
	do_group_exit(WAIT_CODE_EXITED(status));
}
