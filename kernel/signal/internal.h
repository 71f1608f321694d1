/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations that the files of kernel/signal share; private to this folder. */
#ifndef KERNEL_SIGNAL_INTERNAL_H
#define KERNEL_SIGNAL_INTERNAL_H

#include <neurath/signal.h>

/* The information of one queued signal. */
struct sigqueue {
	struct list_head node;		/* sigpending.queue, process->lock */
	struct user *user;		/* its nr_signals counts the entry; with a reference */
	siginfo_t info;
};

#define M(sig)			(1UL << ((sig) - 1))
#define SIG_SET_KERNEL_ONLY	(M(SIGKILL) | M(SIGSTOP))
#define SIG_SET_STOP		(M(SIGSTOP) | M(SIGTSTP) | M(SIGTTIN) | M(SIGTTOU))
#define SIG_SET_IGNORE		(M(SIGCONT) | M(SIGCHLD) | M(SIGWINCH) | M(SIGURG))
#define SIG_SET_COREDUMP	(M(SIGQUIT) | M(SIGILL) | M(SIGTRAP) | M(SIGABRT) | M(SIGFPE) | \
				 M(SIGSEGV) | M(SIGBUS) | M(SIGSYS) | M(SIGXCPU) | M(SIGXFSZ))
#define SIG_SET_SYNCHRONOUS	(M(SIGSEGV) | M(SIGBUS) | M(SIGILL) | M(SIGTRAP) | M(SIGFPE) | \
				 M(SIGSYS))

static inline bool sig_in(int sig, sigset_t set)
{
	return set & sigmask(sig);
}

/* queue.c: process->lock is held for all. */
int sigqueue_add(struct sigpending *pending, int sig, const siginfo_t *info, struct process *p);
/* Drops the queue entries of the signals in @set. */
void sigqueue_discard(struct sigpending *pending, sigset_t set);
/* Takes the next signal outside of @mask from current's queues, its own first; 0 = none. */
int signal_dequeue(sigset_t mask, siginfo_t *info);

/* send.c: process->lock is held. */
int signal_send_locked(int sig, const siginfo_t *info, struct task *t, bool group, bool force);
/* Makes @t check its signals; with @fatal it also leaves killable sleeps and stops. */
void signal_wake_thread(struct task *t, bool fatal);

/* stop.c */
/* SIGCONT or a stop signal is sent: cancels the opposite one. process->lock held. */
void signal_stop_prepare(struct process *p, int sig);
/* current took stop signal @sig: all threads must stop. process->lock held. */
void signal_stop_begin(struct process *p, int sig);
/*
 * current stops until it is continued or killed.  A traced task is only counted here, and stops
 * in ptrace_trap().  Takes over process->lock with @flags and releases it.
 */
void signal_stop_self(struct process *p, unsigned long flags);
/* A thread that will not stop any more: true if the process is stopped without it. */
bool signal_stop_uncount(struct process *p, struct task *t);

#endif
