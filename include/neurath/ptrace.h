/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracing of a task by another process: the implementation of ptrace(2).
 *
 * The tracer is a process: any of its threads may make requests and wait, and when its last
 * thread exits its tracees are released.  The parts: kernel/ptrace/ptrace.c (relation of tracer
 * and tracee), kernel/ptrace/ptrace_request.c (the tracer's requests),
 * kernel/ptrace/ptrace_stop.c (the tracee's stops), arch/x86_64/ptrace.c (registers).
 *
 * A tracee's states; each line is one function:
 *
 *	untraced -> running	TRACEME, ATTACH, SEIZE, or born of a tracee
 *	running  -> stopped	ptrace_stop(), by itself
 *	stopped  -> running	a request of the tracer (ptrace_resume()), or SIGKILL
 *	stopped  -> untraced	DETACH; the tracer exits
 *	running  -> untraced	the tracer exits; the tracee is reaped
 *
 * Locks: the tracer is written under tasklist_lock and the tracee's process->lock, so it may be
 * read under either.  The other fields are protected by the tracee's process->lock.  A stopped
 * tracee takes that lock before it continues, whichever task woke it.  So a holder of the lock
 * that finds trace.stop set may access the tracee's user registers and siginfo, which are on its
 * kernel stack.
 */
#ifndef NEURATH_PTRACE_H
#define NEURATH_PTRACE_H

#include <neurath/signal_types.h>
#include <uapi/ptrace.h>

struct task;
struct process;
struct pt_regs;

/* The reason for a tracee's stop. */
enum trace_stop {
	TRACE_RUNNING,		/* not stopped */
	TRACE_SIGNAL,		/* has taken a signal; the tracer decides about it */
	TRACE_GROUP,		/* its process is stopped by a signal; or, if seized, trapped */
	TRACE_ENTRY,		/* at the beginning of a system call */
	TRACE_EXIT,		/* at its end */
	TRACE_EVENT,		/* within a system call, PTRACE_EVENT_ */
	TRACE_STEP,		/* before the first instruction of a handler */
};

/* The mode in which the tracee was continued. */
enum trace_mode {
	TRACE_CONT,
	TRACE_SYSCALL,		/* to the next end of a system call */
	TRACE_SINGLESTEP,	/* to the next instruction */
};

struct task_trace {
	struct process *tracer;		/* (t)+(s): read under either; NULL = untraced */
	struct list_head node;		/* (t) tracer->tracees */
	/* (s) by PTRACE_SEIZE: no SIGSTOP, group stops are distinguished */
	bool seized;
	bool privileged;		/* (s) the tracer was root when it attached: setuid exec */
	/* (s) PTRACE_LISTEN: stays stopped, and traps again at events of its process */
	bool listening;
	bool unreported;		/* (s) wait4() has not seen the stop */
	/* (t) a dead thread, not a leader, that must be waited for */
	bool zombie;
	enum trace_stop stop;		/* (s) */
	enum trace_mode mode;		/* (s) of the last resume */
	/* A SIGTRAP of a step is queued, or is the present stop.  Written by the tracee. */
	bool step_trap;
	/* (s) of the stop: signal | event << 8; at resume: the signal to take */
	int code;
	unsigned options;		/* (s) PTRACE_O_ */
	unsigned long message;		/* (s) PTRACE_GETEVENTMSG */
	siginfo_t *info;		/* (s) of the stop, on the tracee's stack; NULL = none */
};

/* ---- for wait4, fork, exec, exit: ptrace.c -------------------------------------- */
/* Caller holds tasklist_lock down to ptrace_notify_tracer(). */
/* The new task is traced by current's tracer if an option requires it.  Before its publication. */
void ptrace_inherit(struct task *child, unsigned long clone_flags, int exit_signal);
/* @t is dead or about to end: it is not traced any more. */
void ptrace_unlink(struct task *t);
/* The tracer @p exits; @parent_news is called for each zombie to show to its parent now. */
void ptrace_tracer_exits(struct process *p, void (*parent_news)(struct process *zombie));
/* True if @p is dead, and its tracer, which is not its parent, must see it first. */
bool ptrace_hides_zombie(const struct process *p);
/* Sends SIGCHLD with @info to the tracer of @t, if there is one, and wakes it. */
void ptrace_notify_tracer(struct task *t, const siginfo_t *info);
/* True if current may run a set-user-id program: no tracer with fewer rights traces it. */
bool ptrace_allows_setuid(void);

/*
 * True if current may see the contents of @mm, which is or was just before the address space of
 * @target, and the open files of @target in it: /proc.  NULL (no address space): only root may.
 * (no lock)
 */
bool ptrace_may_read(struct process *target, const struct mm *mm);

/* TRACEME, ATTACH and SEIZE (with @options), DETACH with a signal. -errno. */
int ptrace_traceme(void);
int ptrace_attach(pid_t pid, bool seize, unsigned options);
int ptrace_detach(pid_t pid, int sig);

/* ---- for the tracee: kernel/ptrace/ptrace_stop.c ---------------------------------- */
/* The event to report for this kind of clone. */
int ptrace_clone_event(unsigned long clone_flags, int exit_signal);
/* current stops for @event if the tracer has requested it.  No lock held. */
void ptrace_event(int event, unsigned long message);
/* current runs a new program; its previous pid was @old_pid. */
void ptrace_exec_done(pid_t old_pid);
/*
 * The next four: process->lock is held, interrupts are off; the lock is released and interrupts
 * are on during the stop.
 *
 * current has taken @sig: the tracer decides.  Returns the signal to continue with, with *@info
 * changed to fit, or 0.
 */
int ptrace_signal(int sig, siginfo_t *info);
/*
 * With JOBCTL_TRAP_STOP: current takes part in a stop of its process, or the tracer wants a trap.
 */
void ptrace_trap(void);
/* An event in the process of @t for which a seized tracee traps: a stop, SIGCONT. */
void ptrace_process_news(struct task *t);
/* Continues the stopped @t with @sig. */
void ptrace_wake(struct task *t, int sig);
/* The handler of a single-stepped task is set up: stops before its first instruction.  No lock. */
void ptrace_handler_entered(void);
/*
 * True if the debug exception or its signal belongs to a step for which no tracer waits any more;
 * forgets the step.
 */
bool ptrace_step_is_stale(void);

/* With TIF_SYSCALL_TRACE.  False: the system call must not be executed. */
bool ptrace_syscall_entry(struct pt_regs *regs);
/* With TIF_SYSCALL_EXIT, on the way to user mode before signals are handled. */
void ptrace_syscall_exit(struct pt_regs *regs);

/* ---- registers: arch/x86_64/ptrace.c -------------------------------------------------- */
/* @t is stopped and off its CPU, under its process->lock. */
void arch_ptrace_get_regs(struct task *t, struct user_regs_struct *out);
int arch_ptrace_set_regs(struct task *t, const struct user_regs_struct *regs);	/* -EIO */
void arch_ptrace_get_fpregs(struct task *t, struct user_fpregs_struct *out);
void arch_ptrace_set_fpregs(struct task *t, const struct user_fpregs_struct *fp);
/* Makes the instruction at @regs end in a debug exception, or not. */
void arch_ptrace_set_step(struct pt_regs *regs, bool on);
/* Debug register @n of 8. */
unsigned long arch_ptrace_get_debugreg(struct task *t, unsigned int n);
/*
 * -EINVAL: an address or a condition that users may not set; -EIO: no such register.  The first
 * register of a task consumes *@spare, from arch_ptrace_alloc_debugregs().
 */
int arch_ptrace_set_debugreg(struct task *t, unsigned int n, unsigned long value, void **spare);
void *arch_ptrace_alloc_debugregs(void);	/* NULL: no memory; kfree() */

#endif
