/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/signal share; not for others. */
#ifndef KERNEL_SIGNAL_INTERNAL_H
#define KERNEL_SIGNAL_INTERNAL_H

#include <neurath/signal.h>

/* Information of one queued signal. */
struct sigqueue {
	struct list_head node;		/* sigpending.queue, process->lock */
	struct process *process;	/* whose nr_queued counts it */
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

/* queue.c: all with process->lock held. */
int sigqueue_add(struct sigpending *pending, int sig, const siginfo_t *info, struct process *p);
/* Drops what is queued for the signals in @set. */
void sigqueue_discard(struct sigpending *pending, sigset_t set);
/* Takes the next signal outside @mask from current's queues, its own first; 0 = none. */
int signal_dequeue(sigset_t mask, siginfo_t *info);

/* send.c, process->lock held. */
int signal_send_locked(int sig, const siginfo_t *info, struct task *t, bool group, bool force);
/* Has @t look at its signals; with @fatal also out of killable sleeps and stops. */
void signal_wake_thread(struct task *t, bool fatal);

/* stop.c */
/* SIGCONT or a stop signal is sent: undoes the contrary.  process->lock held. */
void signal_stop_prepare(struct process *p, int sig);
/* current took stop signal @sig: all threads must stop.  process->lock held. */
void signal_stop_begin(struct process *p, int sig);
/*
 * current stops until continued or killed; a traced one only takes part in the stop, and
 * is left to ptrace_trap().  Takes over process->lock with @flags and drops it.
 */
void signal_stop_self(struct process *p, unsigned long flags);
/* A thread that will not stop any more: true if the process is stopped without it. */
bool signal_stop_uncount(struct process *p, struct task *t);

#endif
