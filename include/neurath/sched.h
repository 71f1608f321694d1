/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler: per-CPU run queues, fair by weighted time, idle stealing.  A task is switched
 * only in schedule(), cond_resched() and on the way to user mode.  So every task that is off a
 * CPU is in arch_switch_to() below schedule(), with a stack that the unwinder can walk.
 */
#ifndef NEURATH_SCHED_H
#define NEURATH_SCHED_H

#include <neurath/klp_sched.h>
#include <neurath/task.h>
#include <neurath/wait.h>

/* Full barrier after the store: pairs with the pi_lock of the waker. */
#define set_current_state(s)	((void)xchg(&current->state, (s)))
#define __set_current_state(s)	WRITE_ONCE(current->state, s)

/*
 * Gives up the CPU; sleeps if the state requires it. (task, no spinlock held)
 *
 * A task that is pending in a live-patch transition is first judged on the stack of the caller,
 * where schedule() is not on the stack yet.  So a kernel thread that only sleeps can change over
 * even when schedule() itself is being patched.
 */
void schedule(void);
#define schedule()	(klp_sched_try_switch(), (schedule)())
/*
 * wake_up_process(@to) and schedule() in one step: a sleeping @to gets this CPU at once, without
 * passing through a queue, unless another task has waited too long.  Before the call, the caller
 * has set its state and then tested its condition and for signals.  Consumes the reference on
 * @to. (task)
 */
void sched_hand_over(struct task *to);
/* Sleeps at most until @deadline (absolute).  True if the time is up. */
bool schedule_until(u64 deadline_ns);
/* schedule_timeout() for modules, in jiffies; returns the remaining time. */
long schedule_timeout(long timeout);
/* A point where other tasks may run and a pending live patch is judged. */
int cond_resched(void);
void yield(void);
void msleep(unsigned ms);			/* uninterruptible */
int sleep_until_interruptible(u64 deadline_ns);	/* 0 or -ERESTARTSYS */

/* Wakes @t if its state is in @mask; true if it was. (irq) */
bool wake_up_state(struct task *t, unsigned mask);
bool wake_up_process(struct task *t);		/* TASK_NORMAL */
void wake_up_new_task(struct task *t);
/* Makes a running task pass its exit loop or scheduler soon. (irq) */
void kick_task(struct task *t);

/*
 * Runs fn(t, arg) while @t is held in its state: with pi_lock held, and the run queue's lock if
 * it is queued.  Meanwhile it cannot start, stop, wake or exit; if it is running on another CPU
 * it continues to run (fn can test task_running()). fn must not sleep, print, or take these
 * locks.  Returns fn's result. (irq)
 */
int task_call_func(struct task *t, int (*fn)(struct task *t, void *arg), void *arg);
/* True if the task has been on a CPU at least once. */
bool task_has_run(const struct task *t);
/* True if it is on a CPU now.  Stable only inside of task_call_func(). */
static inline bool task_running(const struct task *t)
{
	return READ_ONCE(t->on_cpu);
}
/* Makes an idle CPU pass its idle loop, a busy one its scheduler. (irq) */
void resched_cpu(unsigned cpu);
/*
 * Makes CPU @cpu run its idle task once, even if other tasks are runnable, so that the idle task
 * leaves schedule().  Used by live patching. (irq)
 */
void sched_run_idle_once(unsigned cpu);
/*
 * Waits until every CPU has left each section with interrupts off that existed at the call.
 * (task)
 */
void synchronize_cpus(void);

/* The final switch; does not return. (@, at the end of do_exit) */
void sched_exit_current(void) __noreturn;
/* The task that is now on this CPU completes the switch away from @prev; entry of new tasks. */
void task_first_run(struct task *prev);
/* Ends a kernel thread. */
void kthread_exit(int result) __noreturn;
void sched_init(void);
extern struct task boot_idle_task;	/* arch_boot() makes it current */
void sched_cpu_entry(void) __noreturn;	/* a started CPU, or the boot at its end, becomes idle */
unsigned nr_running(void);
/* The number of times @cpu has passed its scheduler; shows only that it does. (any) */
unsigned long sched_passes(unsigned cpu);
/* Makes this CPU pass it when its task next allows that, even without other tasks. (irq) */
void sched_ask_for_pass(void);

/* @nice must be in -20..19. (irq) */
void sched_set_nice(struct task *t, int nice);
/* @mask must name an online CPU.  The task may still run elsewhere for a moment. (irq) */
void sched_set_affinity(struct task *t, u64 mask);
u64 sched_online_mask(void);

/* Activity of a CPU since its start: /proc/stat. */
struct sched_cpu_stat {
	u64 user_ns, sys_ns, idle_ns;
	u64 switches;
};
void sched_cpu_stat(unsigned cpu, struct sched_cpu_stat *out);

/* Panics in debug builds where sleeping is forbidden; for functions that only sometimes sleep. */
#define might_sleep()	lockcheck_may_sleep(__func__)

static __always_inline bool need_resched(void)
{
	return test_task_flag(current, TIF_NEED_RESCHED);
}
void sched_loadavg(unsigned long load[3]);	/* fixed point, 11 bits */

/* Kernel threads: kernel/sched/kthread.c */
struct task *kthread_create(int (*fn)(void *), void *arg, const char *fmt, ...) __printf(3, 4);
struct task *kthread_run(int (*fn)(void *), void *arg, const char *fmt, ...) __printf(3, 4);
/* Waits for the end and returns fn's result.  Drops the reference that creation returned. */
int kthread_stop(struct task *t);
bool kthread_should_stop(void);

#endif
