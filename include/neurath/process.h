/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Life of processes: clone, exec, exit, wait; kernel/process and kernel/exec implement it.
 *
 * A process is created by process_clone() and replaced by process_exec().  It ends by do_exit()
 * of its last thread, and is freed when its parent has waited for it and the last task that
 * refers to it is gone.
 */
#ifndef NEURATH_PROCESS_H
#define NEURATH_PROCESS_H

#include <neurath/task.h>

/*
 * process->state (t):
 *	ALIVE -> ZOMBIE		its last thread has made its last context switch
 *	ZOMBIE -> REAPED	wait4() of the parent, or at once if the parent ignores its children
 */
#define PROCESS_ALIVE	0
#define PROCESS_ZOMBIE	1
#define PROCESS_REAPED	2

#define CSIGNAL			0x000000ffUL
#define CLONE_VM		0x00000100UL
#define CLONE_FS		0x00000200UL
#define CLONE_FILES		0x00000400UL
#define CLONE_SIGHAND		0x00000800UL
#define CLONE_PIDFD		0x00001000UL
#define CLONE_PTRACE		0x00002000UL
#define CLONE_VFORK		0x00004000UL
#define CLONE_PARENT		0x00008000UL
#define CLONE_THREAD		0x00010000UL
#define CLONE_NEWNS		0x00020000UL
#define CLONE_SYSVSEM		0x00040000UL
#define CLONE_SETTLS		0x00080000UL
#define CLONE_PARENT_SETTID	0x00100000UL
#define CLONE_CHILD_CLEARTID	0x00200000UL
#define CLONE_DETACHED		0x00400000UL
#define CLONE_UNTRACED		0x00800000UL
#define CLONE_CHILD_SETTID	0x01000000UL
#define CLONE_IO		0x80000000UL
#define CLONE_CLEAR_SIGHAND	0x100000000UL

struct clone_request {
	u64 flags;
	int exit_signal;
	unsigned long stack;		/* new stack pointer; 0 = the parent's */
	unsigned long tls;
	int __user *parent_tid;
	int __user *child_tid;
};

/* Every process with a user side, in order of creation. (t) */
extern struct list_head all_processes;
extern unsigned nr_processes;		/* (t) in that list */
extern unsigned total_forks;		/* (t) */

/* clone(2) of current, with the entry registers @regs: the child's pid or -errno. */
long process_clone(const struct clone_request *req, const struct pt_regs *regs);
/*
 * TIF_VFORK_WAIT of current: true when its vfork child has released the address space, or current
 * must die; false if it was kicked. (exit loop)
 */
bool process_wait_vfork(void);
/*
 * Replaces current's image; strings are in user memory.  On success current's entry registers
 * start the new program; on failure nothing has changed.
 */
long process_exec(const char *path, const char __user *const __user *argv,
		  const char __user *const __user *envp);
/* The same with strings in kernel memory (init). */
long process_exec_kernel(const char *path, const char *const *argv, const char *const *envp);

/* Ends the thread; @code in the format of wait(2). */
void do_exit(int code) __noreturn;
/* Ends the whole process. */
void do_group_exit(int code) __noreturn;
/* The address space is released: wakes a vfork parent, clears the tid word. (@) */
void process_mm_release(struct task *t);

void process_get(struct process *p);
/* Frees at the last reference; called by the last task_put() of each thread. (irq) */
void process_put(struct process *p);
void process_init(void);
struct process *process_alloc(void);	/* one reference; NULL = no memory */
/* Process with this id that is not reaped, or NULL.  Caller holds tasklist_lock. */
struct process *process_find(pid_t pid);
/* user, system time of all its threads, dead ones included, in ns. */
void process_times(struct process *p, u64 *utime, u64 *stime);
u64 process_rlimit(unsigned resource);	/* soft limit of current */

/* Starts pid 1 from the boot module "init"; called once by the boot. */
void start_init(void);

/* arch/x86_64/process.c */
unsigned long arch_hwcap(void);			/* AT_HWCAP */
unsigned long arch_signal_frame_size(void);	/* AT_MINSIGSTKSZ */
/* A kernel thread that has become a process enters user mode; does not return. */
void arch_enter_user(void) __noreturn;
/* Sets the registers of the first instruction of a program. */
void arch_exec_regs(struct pt_regs *regs, unsigned long entry, unsigned long sp);

#endif
