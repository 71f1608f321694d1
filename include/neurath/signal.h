/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals: sending, waiting state, delivery on the way to user mode.
 * kernel/signal owns it; locks: process->lock (RANK_SIGNAL) for all pending sets
 * and actions, tasklist_lock outside it for groups.
 */
#ifndef NEURATH_SIGNAL_H
#define NEURATH_SIGNAL_H

#include <neurath/task.h>

/* Sends @sig (info NULL = from the kernel).  0, -EINVAL, -EAGAIN (queue full). (irq) */
int send_signal_task(int sig, const siginfo_t *info, struct task *t);
int send_signal_process(int sig, const siginfo_t *info, struct process *p);
/* To each member of the group.  Caller holds tasklist_lock.  -ESRCH if empty. */
int send_signal_pgrp_locked(int sig, const siginfo_t *info, struct process_group *pg);
/* A fault of current: cannot be ignored or blocked. */
void force_sig_fault(int sig, int code, unsigned long addr);
void force_sig(int sig);
/* Recomputes TIF_SIGPENDING of @t.  Caller holds process->lock. */
void recalc_sigpending(struct task *t);
/* Sets current's mask (KILL and STOP excluded) and recomputes. */
void set_current_blocked(sigset_t set);
/* For ppoll, sigsuspend: the mask comes back after delivery. */
void set_saved_sigmask(sigset_t set);
/*
 * One round of delivery on the way to user mode: takes signals, stops, dies, or
 * builds one handler frame; decides restart of the interrupted call.
 * Called by the exit loop with interrupts on.
 */
void do_signal_or_restart(struct pt_regs *regs);
/* The fake signal: wakes an interruptible sleep or kicks the CPU; nothing is queued. (irq) */
void set_notify_signal(struct task *t);
/* Whether delivery of @sig to @p's group would do nothing (ignored or blocked): job control. */
bool signal_ignored_or_blocked(struct task *t, int sig);
/* True if the process group has no living member whose parent could continue it. Caller holds tasklist_lock. */
bool pgrp_is_orphaned(struct process_group *pg);
/* Drops everything pending; used when a task dies. */
void flush_sigqueue(struct sigpending *pending);

/* Job control objects: kernel/signal/session.c.  All fields under tasklist_lock. */
struct session {
	pid_t sid;
	atomic_t refs;
	struct process_group *foreground;	/* of the controlling terminal */
	struct file *ctty;			/* controlling terminal, or NULL */
	u64 ctty_id;				/* (port, handle) the server names it by */
	struct process *leader;			/* NULL once dead */
};

struct process_group {
	pid_t pgid;
	atomic_t refs;
	struct session *session;
	struct list_head members;		/* struct process.pgrp_node */
	struct list_head node;			/* all groups */
};

#endif
