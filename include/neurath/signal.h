/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals: sending, waiting state, delivery on the way to user mode; kernel/signal implements
 * them.  Locks: process->lock (RANK_SIGNAL) for all pending sets and actions, tasklist_lock
 * outside of it for groups.
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
/* For ppoll, sigsuspend: the mask is restored after delivery. */
void set_saved_sigmask(sigset_t set);
/*
 * One round of delivery on the way to user mode: takes signals, stops, dies, or builds one
 * handler frame; decides about the restart of the interrupted call.  Called by the exit loop with
 * interrupts on.
 */
void do_signal_or_restart(struct pt_regs *regs);
/* The fake signal: wakes an interruptible sleep or kicks the CPU; nothing is queued. (irq) */
void set_notify_signal(struct task *t);
/* True if delivery of @sig to @p's group would have no effect (job control). */
bool signal_ignored_or_blocked(struct task *t, int sig);
/*
 * True if the process group has no living member whose parent could continue it. Caller
 * holds tasklist_lock.
 */
bool pgrp_is_orphaned(struct process_group *pg);
/* Drops all pending signals; for a task that dies. */
void flush_sigqueue(struct sigpending *pending);

void signal_init(void);
/* Sets handlers to default, except ignored signals; no altstack (exec). */
void signal_exec_reset(void);
/*
 * current takes no more signals and leaves a stop in progress (exit).  True = it was the last
 * live thread.
 */
bool signal_thread_exit(void);
/* All threads of @p die with @code.  Caller holds process->lock. */
void signal_start_group_exit(struct process *p, int code);
/* Marks all other threads of current's process for death.  Caller holds process->lock. */
void signal_zap_other_threads(struct process *p);
/* SIGCHLD and a wake-up for the parent: @why is CLD_STOPPED or CLD_CONTINUED. (t) held. */
void signal_notify_parent_stop(struct process *p, int why);

/* Bits of process->sig_flags. (s) */
#define SIGNAL_GROUP_EXIT	0x01	/* all threads die with group_exit_code */
#define SIGNAL_GROUP_EXEC	0x02	/* all but exec_task die */
#define SIGNAL_STOPPED		0x04	/* every thread is stopped */
/* the parent must be notified, by a thread that continues */
#define SIGNAL_CLD_STOPPED	0x10
#define SIGNAL_CLD_CONTINUED	0x20
#define SIGNAL_CLD_MASK		0x30
#define SIGNAL_UNKILLABLE	0x40	/* init: default actions have no effect */

/* Bits of task->jobctl. (s) */
#define JOBCTL_STOP_PENDING	0x1	/* must stop at its next opportunity */
#define JOBCTL_STOP_COUNTED	0x2	/* process->stop_count counts it */
#define JOBCTL_TRAP_STOP	0x4	/* must stop for its tracer: ptrace_trap() */

/* Bits of process->wait_flags. (s) */
#define WAIT_STOPPED		0x1	/* unreported stop, code in stop_code */
#define WAIT_CONTINUED		0x2

/* Job control objects: kernel/signal/session.c.  All fields under tasklist_lock. */
struct session {
	pid_t sid;
	/* the task whose pid is sid: keeps the number from being reused */
	struct task *number;
	atomic_t refs;
	struct process_group *foreground;	/* of the controlling terminal */
	struct file *ctty;			/* controlling terminal, or NULL */
	u64 ctty_id;				/* (port, handle): the server's name for it */
	struct process *leader;			/* NULL once dead */
	struct list_head node;			/* all sessions */
};

struct process_group {
	pid_t pgid;
	struct task *number;			/* as in struct session */
	atomic_t refs;
	struct session *session;
	struct list_head members;		/* struct process.pgrp_node */
	struct list_head node;			/* all groups */
};

/*
 * The controlling terminal, with the id @id (not 0).  The tty's file operations call these for
 * current; they must not hold a spinlock.
 */
/*
 * TIOCSCTTY: -EPERM unless current is a session leader without one, and the terminal is
 * free (or @steal as root).
 */
int ctty_acquire(struct file *file, u64 id, bool steal);
/* The first terminal that a session leader opens without O_NOCTTY; otherwise no effect. */
void ctty_open(struct file *file, u64 id);
int ctty_release(u64 id);			/* TIOCNOTTY */
int ctty_get_pgrp(u64 id, pid_t *pgid);		/* TIOCGPGRP; -ENOTTY */
int ctty_set_pgrp(u64 id, pid_t pgid);		/* TIOCSPGRP; may be -ERESTARTSYS (SIGTTOU sent) */
int ctty_get_sid(u64 id, pid_t *sid);		/* TIOCGSID */
/*
 * Background access: 0 = continue, -EIO, or -ERESTARTSYS with @sig (SIGTTIN, SIGTTOU) sent to the
 * group.
 */
int ctty_check_access(u64 id, int sig);
/* Sends to the foreground group of the terminal: Ctrl-C and similar. -ESRCH if there is none. */
int ctty_send_signal(u64 id, int sig);
/* current's controlling terminal with a reference (/dev/tty), or NULL; *@id may be NULL. */
struct file *ctty_get_file(u64 *id);

/* Membership: kernel/process.  With tasklist_lock held, except for the last two. */
int session_join_new(struct process *p);	/* own session and group of pid 1; -ENOMEM */
void session_inherit(struct process *child, struct process *parent);
void session_leave(struct process *p);		/* when it is reaped */
struct process_group *pgrp_find(pid_t pgid);
void pgrp_put(struct process_group *pg);
bool pgrp_has_stopped(struct process_group *pg);
struct session *session_find_by_ctty(u64 id);
/* @leader has taken over the pid of @old, which may have been referenced (execve of a thread). */
void session_pid_moved(struct task *old, struct task *leader);
/* The number of current's group.  No lock held: its parent may move it and free the group. */
pid_t current_pgid(void);
/*
 * The last thread of @p exits: releases its terminal, its stopped groups.  May sleep, no lock
 * held.
 */
void session_process_exit(struct process *p);

#endif
