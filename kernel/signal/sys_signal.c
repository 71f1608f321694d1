/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that send signals or wait for them.  The sender must be root, have an equal user
 * id, or send SIGCONT within its session.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include <uapi/time.h>
#include "internal.h"

/* Caller holds tasklist_lock; ids are read without their lock and may change at any time. */
static bool signal_may_send(int sig, struct process *target)
{
	const struct credentials *mine = &current->process->cred, *its = &target->cred;

	assert_spin_held(&tasklist_lock);
	if (is_superuser() || mine->euid == its->suid || mine->euid == its->uid ||
	    mine->uid == its->suid || mine->uid == its->uid)
		return true;
	return sig == SIGCONT && target->session == current->process->session;
}

static void signal_fill_user_info(siginfo_t *info, int sig, int code)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = code;
	info->si_pid = current->tgid;
	info->si_uid = current->process->cred.uid;
}

static int signal_kill_one(int sig, const siginfo_t *info, struct process *p)
{
	assert_spin_held(&tasklist_lock);
	if (!signal_may_send(sig, p))
		return -EPERM;
	return sig ? send_signal_process(sig, info, p) : 0;
}

static int signal_kill_pid(int sig, const siginfo_t *info, pid_t pid)
{
	struct task *t = task_find(pid);

	if (!t || t->process->state == PROCESS_REAPED)
		return -ESRCH;
	return signal_kill_one(sig, info, t->process);
}

/* One success makes the result a success; otherwise it is the last error. */
static int signal_kill_group(int sig, const siginfo_t *info, struct process_group *pg)
{
	struct process *p;
	int error = -ESRCH, one;
	bool sent = false;

	if (!pg)
		return -ESRCH;
	list_for_each_entry(p, &pg->members, pgrp_node) {
		one = signal_kill_one(sig, info, p);
		if (one)
			error = one;
		else
			sent = true;
	}
	return sent ? 0 : error;
}

static int signal_kill_all(int sig, const siginfo_t *info)
{
	struct process *p;
	int error = -ESRCH, one;

	/* Processes that the caller may not signal are skipped; this is not an error. */
	list_for_each_entry(p, &all_processes, process_node) {
		if (p == init_process || p == current->process || p->state != PROCESS_ALIVE)
			continue;
		one = signal_kill_one(sig, info, p);
		if (one != -EPERM)
			error = one;
		else if (error == -ESRCH)
			error = 0;
	}
	return error;
}

SYSCALL_DEFINE2(kill, pid_t, pid, int, sig)
{
	siginfo_t info;
	unsigned long flags;
	int error;

	if (sig < 0 || sig > _NSIG)
		return -EINVAL;
	if (pid == (int)0x80000000)
		return -ESRCH;
	signal_fill_user_info(&info, sig, SI_USER);
	spin_lock_irqsave(&tasklist_lock, flags);
	if (pid > 0)
		error = signal_kill_pid(sig, &info, pid);
	else if (pid == 0)
		error = signal_kill_group(sig, &info, current->process->pgrp);
	else if (pid == -1)
		error = signal_kill_all(sig, &info);
	else
		error = signal_kill_group(sig, &info, pgrp_find(-pid));
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

static long signal_send_specific(pid_t tgid, pid_t tid, int sig, const siginfo_t *info)
{
	unsigned long flags;
	struct task *t;
	int error = -ESRCH;

	if (sig < 0 || sig > _NSIG || tid <= 0)
		return -EINVAL;
	spin_lock_irqsave(&tasklist_lock, flags);
	t = task_find(tid);
	if (t && (tgid <= 0 || t->tgid == tgid)) {
		if (!signal_may_send(sig, t->process))
			error = -EPERM;
		else
			error = sig ? send_signal_task(sig, info, t) : 0;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

SYSCALL_DEFINE2(tkill, pid_t, tid, int, sig)
{
	siginfo_t info;

	signal_fill_user_info(&info, sig, SI_TKILL);
	return signal_send_specific(0, tid, sig, &info);
}

SYSCALL_DEFINE3(tgkill, pid_t, tgid, pid_t, tid, int, sig)
{
	siginfo_t info;

	if (tgid <= 0)
		return -EINVAL;
	signal_fill_user_info(&info, sig, SI_TKILL);
	return signal_send_specific(tgid, tid, sig, &info);
}

/* A program must not imitate the kernel or kill(2) towards other processes. */
static int signal_copy_info(siginfo_t *info, const siginfo_t __user *uinfo, int sig, pid_t pid)
{
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	info->si_signo = sig;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) && pid != current->tgid)
		return -EPERM;
	return 0;
}

SYSCALL_DEFINE3(rt_sigqueueinfo, pid_t, pid, int, sig, const siginfo_t __user *, uinfo)
{
	siginfo_t info;
	unsigned long flags;
	int error;

	if (sig < 0 || sig > _NSIG)
		return -EINVAL;
	error = signal_copy_info(&info, uinfo, sig, pid);
	if (error)
		return error;
	spin_lock_irqsave(&tasklist_lock, flags);
	error = signal_kill_pid(sig, &info, pid);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

SYSCALL_DEFINE4(rt_tgsigqueueinfo, pid_t, tgid, pid_t, tid, int, sig,
		const siginfo_t __user *, uinfo)
{
	siginfo_t info;
	int error;

	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	error = signal_copy_info(&info, uinfo, sig, tgid);
	return error ? error : signal_send_specific(tgid, tid, sig, &info);
}

/* Ends with a signal, or with a kick: then the system call starts again, unnoticed. */
static long signal_sleep(void)
{
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending(current))
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return -ERESTARTNOHAND;
}

SYSCALL_DEFINE0(pause)
{
	return signal_sleep();
}

SYSCALL_DEFINE2(rt_sigsuspend, const sigset_t __user *, uset, size_t, size)
{
	sigset_t set;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(set, uset))
		return -EFAULT;
	set_saved_sigmask(set);
	return signal_sleep();
}

/* Takes a pending signal of @these; 0 = none.  @unblock: these signals then wake current. */
static int signal_wait_take(sigset_t these, siginfo_t *info, bool unblock)
{
	struct process *p = current->process;
	unsigned long flags;
	int sig;

	spin_lock_irqsave(&p->lock, flags);
	if (current->real_blocked) {
		current->blocked = current->real_blocked;
		current->real_blocked = 0;
	}
	sig = signal_dequeue(~these, info);
	if (!sig && unblock) {
		current->real_blocked = current->blocked;
		current->blocked &= ~these;
		recalc_sigpending(current);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return sig;
}

/*
 * Sleeps for one of arg[0] until the deadline (0 = none); the information goes to arg[1].  If a
 * handler ran, the interrupted call returns EINTR; otherwise it continues through the restart
 * block.
 */
static long signal_timed_wait(struct restart_block *restart)
{
	sigset_t these = restart->arg[0];
	siginfo_t __user *uinfo = (siginfo_t __user *)restart->arg[1];
	u64 deadline = restart->deadline_ns;
	siginfo_t info;
	int sig;

	sig = signal_wait_take(these, &info, true);
	if (!sig) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending(current)) {
			if (deadline)
				schedule_until(deadline);
			else
				schedule();
		}
		__set_current_state(TASK_RUNNING);
		sig = signal_wait_take(these, &info, false);
	}
	if (!sig) {
		if (deadline && clock_ns() >= deadline)
			return -EAGAIN;
		restart->fn = signal_timed_wait;
		return -ERESTART_RESTARTBLOCK;
	}
	if (uinfo && copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return sig;
}

SYSCALL_DEFINE4(rt_sigtimedwait, const sigset_t __user *, uthese, siginfo_t __user *, uinfo,
		const struct timespec __user *, utimeout, size_t, size)
{
	struct restart_block *restart = &current->restart;
	struct timespec timeout;
	sigset_t these;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (get_user(these, uthese))
		return -EFAULT;
	restart->deadline_ns = 0;
	if (utimeout) {
		if (get_user(timeout, utimeout))
			return -EFAULT;
		if (timeout.tv_sec < 0 || (u64)timeout.tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		restart->deadline_ns = clock_ns() + (u64)timeout.tv_nsec +
				       min_t(u64, timeout.tv_sec, 1UL << 32) * NSEC_PER_SEC;
	}
	restart->arg[0] = these & ~SIG_SET_KERNEL_ONLY;
	restart->arg[1] = (unsigned long)uinfo;
	return signal_timed_wait(restart);
}

/* Continues a sleep with a deadline that was interrupted without a handler. */
SYSCALL_DEFINE0(restart_syscall)
{
	struct restart_block *restart = &current->restart;

	return restart->fn ? restart->fn(restart) : -EINTR;
}
