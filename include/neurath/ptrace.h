/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracing of a task by another process: what ptrace(2) is made of.
 *
 * The tracer is a process: any of its threads may make requests and wait, and
 * when its last thread exits its tracees are let go.  The parts:
 * kernel/process/ptrace.c (who traces whom), kernel/process/ptrace_request.c (the
 * tracer's requests), kernel/signal/ptrace_stop.c (the tracee's stops),
 * arch/x86_64/ptrace.c (registers).
 *
 * A tracee's states; each line is one function:
 *
 *	untraced -> running	TRACEME, ATTACH, SEIZE, or born of a tracee
 *	running  -> stopped	ptrace_stop(), by itself
 *	stopped  -> running	a request of the tracer (ptrace_resume()), or SIGKILL
 *	stopped  -> untraced	DETACH; the tracer exits
 *	running  -> untraced	the tracer exits; the tracee is reaped
 *
 * Locks: who traces is written under tasklist_lock and the tracee's process->lock,
 * and so may be read under either.  The rest is under the tracee's process->lock.
 * A stopped tracee takes that lock before it goes on, whoever woke it; so who holds
 * it and finds trace.stop set may look at the tracee's user registers and siginfo,
 * which lie on its kernel stack.
 */
#ifndef NEURATH_PTRACE_H
#define NEURATH_PTRACE_H

#include <neurath/signal_types.h>
#include <uapi/ptrace.h>

struct task;
struct process;
struct pt_regs;

/* Why a tracee is stopped. */
enum trace_stop {
	TRACE_RUNNING,		/* it is not */
	TRACE_SIGNAL,		/* has taken a signal, and asks what to do with it */
	TRACE_GROUP,		/* its process is stopped by a signal; or seized: trapped */
	TRACE_ENTRY,		/* at the beginning of a system call */
	TRACE_EXIT,		/* at its end */
	TRACE_EVENT,		/* within a system call, PTRACE_EVENT_ */
	TRACE_STEP,		/* before the first instruction of a handler */
};

/* How it was told to go on. */
enum trace_mode {
	TRACE_CONT,
	TRACE_SYSCALL,		/* to the next end of a system call */
	TRACE_SINGLESTEP,	/* to the next instruction */
};

struct task_trace {
	struct process *tracer;		/* (t)+(s): read under either; NULL = untraced */
	struct list_head node;		/* (t) tracer->tracees */
	/* (s) by PTRACE_SEIZE: no SIGSTOP, group stops are told apart */
	bool seized;
	bool privileged;		/* (s) the tracer was root when it attached: setuid exec */
	/* (s) PTRACE_LISTEN: stays, and traps again at news of its process */
	bool listening;
	bool unreported;		/* (s) wait4() has not seen the stop */
	/* (t) a dead thread, not its process's leader, to be waited for */
	bool zombie;
	enum trace_stop stop;		/* (s) */
	enum trace_mode mode;		/* (s) of the last resume */
	/* (s) of the stop: signal | event << 8; at resume: the signal to take */
	int code;
	unsigned options;		/* (s) PTRACE_O_ */
	unsigned long message;		/* (s) PTRACE_GETEVENTMSG */
	siginfo_t *info;		/* (s) of the stop, on the tracee's stack; NULL = none */
};

/* ---- for wait4, fork, exec, exit: ptrace.c -------------------------------------- */
/* Caller holds tasklist_lock down to ptrace_notify_tracer(). */
/* The new task is traced by the tracer of current if an option says so. Before its publication. */
void ptrace_inherit(struct task *child, unsigned long clone_flags, int exit_signal);
/* @t, which is dead or about to vanish, is not traced any more. */
void ptrace_unlink(struct task *t);
/* The tracer @p exits; @parent_news is called for each zombie that its parent must hear of now. */
void ptrace_tracer_exits(struct process *p, void (*parent_news)(struct process *zombie));
/* @p is dead, and its tracer, which is not its parent, must see it first. */
bool ptrace_hides_zombie(const struct process *p);
/* SIGCHLD with @info, and a wake-up, for the tracer of @t if it has one. */
void ptrace_notify_tracer(struct task *t, const siginfo_t *info);
/* current may run a set-user-id program as such: it is not traced by somebody with less rights. */
bool ptrace_allows_setuid(void);

/*
 * current may see what @mm holds, which is or was a moment ago the address space of @target, and
 * what @target had open in it: /proc.  NULL, there is none: only for root. (no lock)
 */
bool ptrace_may_read(struct process *target, const struct mm *mm);

/* TRACEME, ATTACH and SEIZE (with @options), DETACH with a signal. -errno. */
int ptrace_traceme(void);
int ptrace_attach(pid_t pid, bool seize, unsigned options);
int ptrace_detach(pid_t pid, int sig);

/* ---- for the tracee: kernel/signal/ptrace_stop.c ---------------------------------- */
/* The event to report for a clone of this kind. */
int ptrace_clone_event(unsigned long clone_flags, int exit_signal);
/* current stops for @event if the tracer asked for it.  No lock held. */
void ptrace_event(int event, unsigned long message);
/* current has a new program, and was @old_pid before. */
void ptrace_exec_done(pid_t old_pid);
/*
 * The next four: process->lock is held, interrupts off; both are given up during the stop.
 *
 * current has taken @sig: the tracer decides.  The signal to go on with, *@info
 * changed to fit, or 0.
 */
int ptrace_signal(int sig, siginfo_t *info);
/* With JOBCTL_TRAP_STOP: current takes part in a stop of its process, or was told to trap. */
void ptrace_trap(void);
/* Something happened to the process of @t that a seized tracee traps for: a stop, SIGCONT. */
void ptrace_process_news(struct task *t);
/* @t, stopped, goes on with @sig. */
void ptrace_wake(struct task *t, int sig);
/* The handler of a single-stepped task was set up: stops before its first instruction. No lock. */
void ptrace_handler_entered(void);
/*
 * The debug exception or its signal is that of a step which nobody waits for any more:
 * forgets it.
 */
bool ptrace_step_is_stale(void);

/* With TIF_SYSCALL_TRACE.  False: the call must not be made. */
bool ptrace_syscall_entry(struct pt_regs *regs);
/* With TIF_SYSCALL_EXIT, on the way to user mode before signals are looked at. */
void ptrace_syscall_exit(struct pt_regs *regs);

/* ---- registers: arch/x86_64/ptrace.c -------------------------------------------------- */
/* @t is stopped and off its CPU, under its process->lock. */
void arch_ptrace_get_regs(struct task *t, struct user_regs_struct *out);
int arch_ptrace_set_regs(struct task *t, const struct user_regs_struct *regs);	/* -EIO */
void arch_ptrace_get_fpregs(struct task *t, struct user_fpregs_struct *out);
void arch_ptrace_set_fpregs(struct task *t, const struct user_fpregs_struct *fp);
/* The instruction at @regs ends in a debug exception, or not any more. */
void arch_ptrace_set_step(struct pt_regs *regs, bool on);

#endif
