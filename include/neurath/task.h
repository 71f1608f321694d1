/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks: threads of execution. process_object.h has the processes that they form.
 *
 * A task is created by task_alloc(), published by task_publish(), and exists until its last
 * reference is dropped.  It stays in the pid table, visible to live patching, until its final
 * context switch.  Its successor (sched_bury()) then frees the stack and calls klp_task_dead()
 * and process_task_gone(), which removes it from the table.  The leader of a process stays in the
 * table, without a stack (state TASK_DEAD), as the zombie that wait4() collects.  So a process is
 * a zombie only after its last instruction.
 *
 * Legend of the marks: (t) tasklist_lock, (s) process->lock, (r) lock of the
 * run queue of task->cpu, (p) pi_lock, (@) the task itself only, (!) constant
 * after publication, (a) atomic, (k) see include/neurath/klp_sched.h.
 */
#ifndef NEURATH_TASK_H
#define NEURATH_TASK_H

#include <neurath/arch.h>
#include <neurath/list.h>
#include <neurath/pheap.h>
#include <neurath/process_object.h>
#include <neurath/ptrace.h>
#include <neurath/spinlock.h>
#include <neurath/signal_types.h>
#include <neurath/timer.h>
#include <neurath/transfer.h>

struct call;
struct files;
struct mm;
struct port;
struct return_stack;

/*
 * task->state, written with set_current_state() by the task itself and back to
 * TASK_RUNNING by a waker under pi_lock.
 *
 *	RUNNING -> (UN)INTERRUPTIBLE, KILLABLE	itself, before it tests its condition
 *	sleeping -> RUNNING			wake_up_state() when the mask matches
 *	RUNNING -> STOPPED			itself, in signal handling
 *	STOPPED -> RUNNING			SIGCONT, SIGKILL, a tracer that attaches
 *	RUNNING -> TRACED			itself, in ptrace_stop()
 *	TRACED -> RUNNING			its tracer, SIGKILL
 *	RUNNING -> DEAD				itself, at the end of do_exit(); never back
 */
#define TASK_RUNNING		0x00
#define TASK_INTERRUPTIBLE	0x01
#define TASK_UNINTERRUPTIBLE	0x02
#define TASK_STOPPED_BIT	0x04
#define TASK_TRACED_BIT		0x08
#define TASK_WAKEKILL		0x10	/* modifier: a fatal signal wakes it */
#define TASK_NOLOAD		0x20	/* modifier: not counted in the load (TASK_IDLE) */
#define TASK_DEAD		0x40
#define TASK_KICKABLE		0x100	/* modifier: a kick wakes it, signals do not */
#define TASK_KILLABLE		(TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE		(TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_STOPPED		(TASK_WAKEKILL | TASK_STOPPED_BIT)
#define TASK_TRACED		(TASK_WAKEKILL | TASK_TRACED_BIT)
#define TASK_NORMAL		(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

/* Bits of task->flags: any task sets them, the task itself clears them unless noted. (a) */
#define TIF_NEED_RESCHED	0
#define TIF_SIGPENDING		1
#define TIF_NOTIFY_SIGNAL	2	/* a kick: handle signals, although none is pending */
#define TIF_PATCH_PENDING	3	/* has not reached klp_target_state yet (k) */
#define TIF_SYSCALL_TRACE	4	/* ptrace_syscall_entry(); set and cleared by the tracer */
#define TIF_SYSCALL_EXIT	5	/* ptrace_syscall_exit() */
#define TIF_RESTORE_SIGMASK	6
#define TIF_VFORK_WAIT		7	/* waits for its vfork child before it continues (@) */
#define TIF_TRANSFER		8	/* task->transfer continues before all other work (@) */
#define TIF_EXIT_WORK_MASK	(BIT(TIF_NEED_RESCHED) | BIT(TIF_SIGPENDING) | \
				 BIT(TIF_NOTIFY_SIGNAL) | BIT(TIF_PATCH_PENDING) | \
				 BIT(TIF_SYSCALL_EXIT) | BIT(TIF_RESTORE_SIGMASK) | \
				 BIT(TIF_VFORK_WAIT) | BIT(TIF_TRANSFER))

/* Bits of task->pflags, written by the task itself. (@) */
#define PF_KTHREAD		0x1
#define PF_IDLE			0x2
#define PF_EXITING		0x4	/* does not take signals any more */
#define PF_WORKER		0x8	/* of a work queue */
#define PF_FORKNOEXEC		0x10
#define PF_SERVER		0x20	/* receives on a port; see port.h level rule */
#define PF_MOVING		0x40	/* its system call has moved bytes: transfer.h */

#define TASK_COMM_LEN		16
#define PID_MAX			32768

/* Scheduler's part of a task; kernel/sched only. */
struct sched_entity {
	/* (r) in the run queue unless the task is running; key = vruntime */
	struct pheap_node run_node;
	bool on_rq;			/* (r) runnable: running or queued */
	bool has_woken;			/* (@) has woken a task since it last slept */
	u8 sync_score;	/* (@) how surely it sleeps soon after a wake-up of another task */
	s8 nice;			/* (r) -20..19 */
	u32 weight;			/* (r) by nice, 1024 for 0: fair.c */
	u64 vruntime;			/* (r) weighted ns */
	u64 exec_start;			/* (r) last update of sum_exec */
	u64 sum_exec;			/* (r) ns on a CPU */
	u64 sum_user, sum_sys;		/* (@) ns, sampled by ticks: task_cputime() */
	u64 sampled_exec;		/* (@) sum_exec at the last sample */
	u64 cpus_allowed;		/* (r)+(p) */
	u64 nvcsw, nivcsw;		/* (r) */
};

/* The function and the arguments with which restart_syscall(2) continues. (@) */
struct restart_block {
	long (*fn)(struct restart_block *);
	u64 deadline_ns;		/* absolute: a restart does not extend it */
	unsigned long arg[4];
};

struct task {
	/* Assembly uses these offsets; keep them first. */
	unsigned long kernel_sp;	/* saved stack pointer while off the CPU */
	unsigned long flags;		/* (a) TIF_ bits */
	int patch_state;		/* (k) KLP_TRANSITION_* */
	unsigned on_cpu;	/* (r) 1 from the switch to it until the switch away is complete */

	unsigned state;			/* (@), a waker under (p): see the table above */
	unsigned pflags;		/* (@) PF_ bits */
	unsigned cpu;			/* (r) run queue it belongs to */
	spinlock_t pi_lock;		/* serialises wake-ups */
	struct sched_entity se;
	atomic_t refs;			/* (a) */
	void *stack;			/* (p) base of the kernel stack; NULL once freed */

	/* Identity */
	pid_t pid;			/* (!) thread id, unique in the pid table */
	pid_t tgid;			/* (!) id of the process */
	struct process *process;	/* (!) kernel threads share kernel_process */
	struct list_head thread_node;	/* (t)+(s) process->threads: read under either */
	char comm[TASK_COMM_LEN];	/* (@), read by others without a lock */
	u64 start_ns;			/* (!) */

	/* Resources (shared by reference) */
	struct mm *mm;			/* (@)+(p) NULL for kernel threads */
	struct files *files;		/* (@)+(p) */
	void *fpu;			/* (@) xsave area */
	void *ioports;			/* (@) bitmap of permitted I/O ports; NULL: none */
	/* (@) and a tracer, in its stop: hardware breakpoints (debugreg.c); NULL: none */
	void *debugregs;
	bool switch_extra;	/* (@) and a tracer: one of the two has existed; stays set */
	unsigned long fsbase, gsbase;	/* (@) and a tracer: arch_set_user_bases() */

	/* Signals */
	sigset_t blocked;		/* (s) written by itself only */
	sigset_t real_blocked;		/* (s) unblocked by sigtimedwait during its sleep */
	sigset_t saved_sigmask;		/* (@) with TIF_RESTORE_SIGMASK */
	struct sigpending pending;	/* (s) sent to this thread */
	stack_t altstack;		/* (@) */
	struct restart_block restart;	/* (@) */
	struct transfer transfer;	/* (@) paused, if TIF_TRANSFER */
	unsigned jobctl;		/* (s) JOBCTL_ bits: kernel/signal/stop.c */
	struct task_trace trace;	/* ptrace.h */
	/* (@) of the last user fault, for the signal frame */
	unsigned long trap_nr, trap_error, trap_addr;

	/* Exit and threads */
	int exit_code;			/* (t) wait(2) format */
	int *clear_child_tid;		/* (@) user address */
	int *set_child_tid;		/* (@) user address */
	bool vfork_waiting;		/* (@) its parent waits for exec or exit: fork.c */
	/* (@) the child it waits for, with a reference: TIF_VFORK_WAIT */
	struct task *vfork_child;
	void *robust_list;		/* (@) user address */
	size_t robust_list_len;		/* (@) */

	/* Calls to servers */
	struct call *call;	/* (!) port.h: embedded object, allocated with the task */
	struct port *served;		/* (@) port of its last receive */

	/* Kernel threads */
	struct kthread *kthread;	/* (!) */

	/* Hooked returns: return_hook.h.  Set once, by the task or return_stacks_need() (a) */
	struct return_stack *returns;

	/* Live patching: kernel/sched/patch_state.c */
	u64 klp_since_ns;		/* (k) pending since */
	bool klp_gone;			/* (k) has made its last switch */
	/* (@) the reason of a sleep, for ps and blockers; may be NULL */
	const char *wait_channel;

	/* (@) the mutex that it waits for: reports read it without a lock */
	struct mutex *blocked_on;
	/* of khungtaskd: (k) at its last look */
	u64 hung_switches, hung_since_ns;

	/* Lock checker, debug builds (@) */
	void *held_locks[8];
	unsigned held_count;
};

extern spinlock_t tasklist_lock;

/* ---- the pid table: kernel/sched/task.c --------------------------------- */
/*
 * A new task with stack, call object and pid, not visible yet; with one reference, which its last
 * context switch drops.  Before task_publish() task_put() undoes it. task->process is NULL.  NULL
 * = no memory or pids. (task)
 */
struct task *task_alloc(const char *comm);
/* The same for the process init: pid 1, which no other task gets.  Once. (task) */
struct task *task_alloc_init(const char *comm);
/* Makes the task visible to walks and signals.  Caller holds tasklist_lock. */
void task_publish(struct task *task);
/*
 * Removes the task from the pid table, and drops the table's reference.  Caller holds
 * tasklist_lock.
 */
void task_unpublish(struct task *task);
/* @task takes the pid of @leader, and @leader that of @task (execve of a thread). (t) held. */
void task_swap_pids(struct task *task, struct task *leader);
static __always_inline void task_get(struct task *task)
{
	atomic_inc(&task->refs);
}
void task_put(struct task *task);		/* frees at the last one (any but NMI) */
/* The task with a reference, or NULL. (irq) */
struct task *task_find_get(pid_t pid);
/* Caller holds tasklist_lock. */
struct task *task_find(pid_t pid);
/*
 * A walk over all visible tasks that holds no lock for a long time:
 *	for (t = task_walk_first(&walk); t; t = task_walk_next(&walk)) ...
 * Each step takes a reference on the next task and drops the previous one; leaving the loop early
 * needs task_put(t).  The walk may miss tasks born during the walk, and a task that takes a lower
 * pid in execve().  It meets every other task that lives throughout.  It does not include idle
 * tasks: see idle_task().
 */
#define PID_INIT	1	/* of the first process */

struct task_walk {
	pid_t pid;
	struct task *task;
};
struct task *task_walk_first(struct task_walk *walk);
/*
 * The first task in the table above *@pid, with a reference, or NULL.  *@pid is set to its place
 * in the table, which may not be its pid any more. (irq)
 */
struct task *task_find_next_get(pid_t *pid);
struct task *task_walk_next(struct task_walk *walk);
/* The number of tasks; read without a lock. (any) */
unsigned tasks_visible(void);
struct task *idle_task(unsigned cpu);
/* The letter of its state, as in ps: R, S, D, T, t, Z, X, I. */
char task_state_letter(const struct task *t);
/* ns on a CPU, divided by the samples of the ticks; the sum never goes back. (irq) */
void task_cputime(struct task *t, u64 *user_ns, u64 *sys_ns);

static inline bool test_task_flag(const struct task *t, unsigned bit)
{
	return test_bit(bit, &t->flags);
}

static inline void set_task_flag(struct task *t, unsigned bit)
{
	set_bit(bit, &t->flags);
}

static inline void clear_task_flag(struct task *t, unsigned bit)
{
	clear_bit(bit, &t->flags);
}

/* True for a task in an interruptible sleep with a pending signal or kick. */
static inline bool signal_pending(const struct task *t)
{
	return READ_ONCE(t->flags) & (BIT(TIF_SIGPENDING) | BIT(TIF_NOTIFY_SIGNAL));
}

/* True if the task will die: SIGKILL is pending.  Every fatal signal leads to this. */
static inline bool fatal_signal_pending(const struct task *t)
{
	return test_task_flag(t, TIF_SIGPENDING) && sigismember(&t->pending.set, SIGKILL);
}

static inline bool signal_pending_state(unsigned state, const struct task *t)
{
	if ((state & TASK_KICKABLE) && test_task_flag(t, TIF_NOTIFY_SIGNAL))
		return true;
	if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) || !signal_pending(t))
		return false;
	return (state & TASK_INTERRUPTIBLE) || fatal_signal_pending(t);
}

/* The counterpart of capable(): effective uid 0. */
static inline bool is_superuser(void)
{
	return current->process->cred.euid == 0;
}

#endif
