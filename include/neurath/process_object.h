/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data that the threads of one process share.  It exists until the last thread is reaped.
 * process.h has the functions.
 *
 * Legend of the marks, as in task.h: (t) tasklist_lock, (s) process->lock, (!) constant after
 * publication, (a) atomic.
 */
#ifndef NEURATH_PROCESS_OBJECT_H
#define NEURATH_PROCESS_OBJECT_H

#include <neurath/list.h>
#include <neurath/signal_types.h>
#include <neurath/spinlock.h>
#include <neurath/wait.h>

/* ITIMER_VIRTUAL or ITIMER_PROF, counted down by ticks: kernel/process/itimer.c. */
struct cpu_itimer {
	u64 left_ns;			/* 0 = off */
	u64 interval_ns;
};

struct credentials {
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	unsigned ngroups;
	gid_t groups[32];
};

struct process {
	spinlock_t lock;		/* RANK_SIGNAL */
	atomic_t refs;			/* (a) */
	pid_t pid;			/* (!) == tgid */
	struct task *leader;		/* (t)+(s) */
	struct list_head threads;	/* (t)+(s): read under either; a dead leader stays */
	unsigned nr_threads;		/* (t)+(s) published and before their last switch */
	unsigned nr_live;		/* (s) threads that have not begun to exit */
	unsigned state;			/* (t) PROCESS_: process.h */

	/* Family */
	struct process *parent;		/* (t) */
	struct list_head children;	/* (t) the dead first */
	struct list_head sibling;	/* (t) */
	struct list_head tracees;	/* (t) tasks that it traces: task->trace.node */
	struct wait_queue_head wait_child;	/* (own lock) parents sleep here in wait4 */
	int exit_signal;		/* (t) sent to the parent */
	struct list_head process_node;	/* (t) all_processes */

	/* Job control */
	struct process_group *pgrp;	/* (t) */
	struct list_head pgrp_node;	/* (t) */
	struct session *session;	/* (t) */
	bool did_exec;			/* (t) setpgid() for it is not allowed any more */

	/* Signals */
	struct k_sigaction action[_NSIG];	/* (s) */
	struct sigpending shared_pending;	/* (s) */
	unsigned sig_flags;		/* (s) SIGNAL_ bits: signal.h */
	int group_exit_code;		/* (s) */
	struct task *exec_task;		/* (s) waits in execve for the other threads to die */
	int stop_count;			/* (s) threads that must still stop */
	unsigned wait_flags;		/* (s) WAIT_ bits: unreported stop or continuation */
	int stop_code;			/* (s) signal that stopped it */
	int pdeath_signal;		/* (s) PR_SET_PDEATHSIG */
	bool is_subreaper;		/* (t) PR_SET_CHILD_SUBREAPER */
	bool no_new_privs;		/* (s) */
	unsigned personality;		/* (racy) only reported: no effect */

	/* State */
	struct credentials cred;	/* (s) */
	struct user *user;		/* (t)+(s) of cred.uid: read under either */
	unsigned nr_tasks;		/* (t) its threads in the pid table */
	bool too_many;	/* (s) it changed to an id with more threads than the limit */
	struct rlimit64 rlim[16];	/* (s) */
	char *cwd;			/* (s) absolute, normalised; kmalloc'ed */
	char *root;			/* (s) chroot prefix, "" = none */
	umode_t umask;			/* (s) */
	struct file *exe;		/* (s) for /proc/PID/exe */
	char *exe_path;			/* (s) */

	/* Time */
	struct timer *itimer_real;	/* (s) ITIMER_REAL, alarm */
	u64 itimer_real_interval;	/* (s) */
	struct cpu_itimer itimer_cpu[2];	/* (s) ITIMER_VIRTUAL, ITIMER_PROF */
	u64 utime, stime;		/* (s) of dead threads */
	u64 cutime, cstime;		/* (t) of waited-for children */
	u64 start_ns;			/* (!) */

	/* Out of memory: kernel/process/oom.c */
	short oom_score_adj;		/* (s) -1000: never chosen */
	short oom_score_adj_min;	/* (s) last value set by root: lower limit for its owner */
	size_t oom_pages;		/* (oom_mutex) last measurement */

	unsigned long min_flt;		/* statistics: concurrent threads may lose a count */
};

extern struct process *init_process;	/* pid 1; orphans go to it */
extern struct process kernel_process;	/* all kernel threads */

#endif
