/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch: who leaves a CPU, who comes, and what is done on both sides.
 *
 * schedule() and its relatives are called in process context with interrupts on
 * and no spinlock held, and return the same way.  They are the only callers of
 * arch_switch_to(), so a task that is off its CPU is always found below
 * sched_switch().
 *
 * task->on_cpu is the handshake with wake-ups.  It is set before the switch to a
 * task and cleared, with release, by its successor, when nobody uses its stack
 * any more.  Whoever takes a sleeping task to another CPU waits for it with
 * acquire: then all the task did is visible, and its stack is free.
 */
#include <neurath/klp_sched.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/race.h>
#include <neurath/uaccess.h>
#include <neurath/vm.h>
#include "rq.h"

struct rq runqueues[NR_CPUS];

enum switch_reason {
	SWITCH_SLEEP,		/* leaves the queue if its state says so */
	SWITCH_PREEMPT,		/* stays runnable whatever its state */
	SWITCH_YIELD,		/* the same, and lets another run even if that is not its turn */
};

void rq_resched(struct rq *rq)
{
	assert_spin_held(&rq->lock);
	/* Set already: the CPU has been told, or is on its way. */
	if (test_task_flag(rq->curr, TIF_NEED_RESCHED))
		return;
	set_task_flag(rq->curr, TIF_NEED_RESCHED);
	if (rq->cpu != cpu_id())
		arch_send_resched(rq->cpu);
}

struct rq *task_rq_lock(struct task *t)
{
	debug_assert(irqs_disabled());
	for (;;) {
		struct rq *rq = cpu_rq(READ_ONCE(t->cpu));

		spin_lock(&rq->lock);
		if (likely(rq->cpu == READ_ONCE(t->cpu)))
			return rq;
		spin_unlock(&rq->lock);
	}
}

/* ---- choosing ------------------------------------------------------------- */

static __always_inline struct task *rq_first(const struct rq *rq)
{
	return rq->queue.root ? container_of(rq->queue.root, struct task, se.run_node) : NULL;
}

static __always_inline void rq_insert(struct rq *rq, struct task *t)
{
	t->se.run_node.key = t->se.vruntime;
	pheap_insert(&rq->queue, &t->se.run_node);
}

/* The running task stops being runnable here. */
static __always_inline void rq_leave(struct rq *rq, struct task *prev)
{
	prev->se.on_rq = false;
	rq->nr_running--;
}

/*
 * Decides who runs next, and moves both tasks between "running" and the queue.
 * @prev is not idle and stays runnable, or is idle, or has left (@stays false).
 */
static struct task *rq_pick(struct rq *rq, struct task *prev, bool stays, bool yield)
{
	struct task *first;

	if (unlikely(rq->force_idle)) {
		/* Once: the flag brings the idle task back here after its pass. */
		rq->force_idle = false;
		set_task_flag(rq->idle, TIF_NEED_RESCHED);
		if (stays)
			rq_insert(rq, prev);
		return rq->idle;
	}
	if (!rq->queue.root && !stays && !sched_steal(rq))
		return rq->idle;
	first = rq_first(rq);
	if (stays) {
		if (!first || (!yield && prev->se.vruntime <= first->se.vruntime))
			return prev;
		if (yield)
			prev->se.vruntime = max(prev->se.vruntime, first->se.vruntime);
	}
	pheap_remove(&rq->queue, &first->se.run_node);
	if (stays)
		rq_insert(rq, prev);
	return first;
}

/* ---- switching ------------------------------------------------------------ */

/* What only can be done for a dead task by somebody on another stack. */
static void sched_bury(struct task *t)
{
	unsigned long flags;
	void *stack;

	/* Whoever looks at the stack of another task does it under its pi_lock. */
	spin_lock_irqsave(&t->pi_lock, flags);
	stack = t->stack;
	t->stack = NULL;
	spin_unlock_irqrestore(&t->pi_lock, flags);
	kstack_free(stack);
	race_point();
	klp_task_dead(t);
	race_point();
	process_task_gone(t);
	task_put(t);
}

/* @t was preempted on a CPU that it may not use any more: it goes elsewhere. */
static void sched_push_away(struct task *t)
{
	unsigned long flags;

	race_point();
	spin_lock_irqsave(&t->pi_lock, flags);
	sched_enqueue_on(t, sched_select_cpu(t), true);
	spin_unlock_irqrestore(&t->pi_lock, flags);
}

/*
 * Runs on the stack of the new task; @prev is the one that ran before.  Leaves
 * with interrupts on.
 */
static __always_inline void sched_finish_switch(struct task *prev)
{
	struct rq *rq = this_rq();
	bool dead = prev->state == TASK_DEAD;
	bool homeless = !prev->se.on_rq && prev->state == TASK_RUNNING && prev != rq->idle;

	race_point();
	/* Pairs with the acquire in wake_up_state(): from here its stack is not in use. */
	smp_store_release(&prev->on_cpu, 0);
	spin_unlock(&rq->lock);
	irq_enable();
	if (unlikely(dead))
		sched_bury(prev);
	if (unlikely(homeless))
		sched_push_away(prev);
}

/*
 * Whether @prev, which is not idle, stays runnable here; if not, it is out of the
 * queue's books.  One that may not use this CPU any more is pushed away by
 * sched_finish_switch().
 */
static __always_inline bool sched_prev_stays(struct rq *rq, struct task *prev,
					     enum switch_reason reason)
{
	unsigned state = READ_ONCE(prev->state);

	if (state != TASK_RUNNING && reason == SWITCH_SLEEP) {
		prev->se.nvcsw++;
		if (prev->se.has_woken)
			sched_waker_slept(prev);
		if ((state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE)
			rq->nr_uninterruptible++;
	} else if (likely(prev->se.cpus_allowed & BIT(rq->cpu)) || state != TASK_RUNNING) {
		return true;
	}
	rq_leave(rq, prev);
	return false;
}

static void sched_arm_tick(struct rq *rq)
{
	rq->tick_armed = true;
	timer_arm(&rq->tick, rq->clock + NSEC_PER_SEC / HZ);
}

/*
 * Whether @to, which sleeps, can be given this CPU without passing through a queue:
 * nobody uses its stack, and this is where it would come to.  Its pi_lock and the lock
 * of @rq are held then, else neither.  Interrupts are off.
 */
static bool sched_claim(struct rq *rq, struct task *to)
{
	spin_lock(&to->pi_lock);
	/* The acquire pairs with the release in sched_finish_switch(), as for any waker. */
	if ((READ_ONCE(to->state) & TASK_NORMAL) && !to->se.on_rq &&
	    !smp_load_acquire(&to->on_cpu) && (to->se.cpus_allowed & BIT(rq->cpu)) &&
	    (to->cpu == rq->cpu || rq->nr_running == 1) && !(to->pflags & PF_IDLE)) {
		spin_lock(&rq->lock);
		return true;
	}
	spin_unlock(&to->pi_lock);
	return false;
}

/* What a wake-up does to @to, which sched_claim() got, but for the queue.  Lets go of pi_lock. */
static void sched_admit(struct rq *rq, struct task *to)
{
	if ((to->state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE)
		rq->nr_uninterruptible--;
	fair_place(rq, to);
	to->cpu = rq->cpu;
	to->se.on_rq = true;
	rq->nr_running++;
	WRITE_ONCE(to->state, TASK_RUNNING);
	spin_unlock(&to->pi_lock);
	/* Not the last one: it is runnable, and cannot run elsewhere before this lock is free. */
	task_put(to);
}

/*
 * Interrupts are on before (but for an idle task, see sched_idle_loop()) and after; the
 * lock is never held on return.  @to, if not NULL, is woken, and is the next one if
 * nothing speaks against it; its reference is consumed.  If the boot CPU's first
 * context, which is an idle task, waits for something during the boot, others run,
 * and it comes back at once if there are none.
 */
static void sched_switch(enum switch_reason reason, struct task *to)
{
	struct task *prev = current, *next;
	struct rq *rq;
	bool stays;

	if (CONFIG_DEBUG)
		lockcheck_may_sleep("schedule");
	race_point();
	irq_disable();
	/*
	 * In one stretch with the switch: a serialising round that comes after a
	 * transition has set this task's flag finds the flag seen here, or the task
	 * off its CPU (livepatch/transition.c).
	 */
	klp_sched_try_switch();
	race_point();
	rq = this_rq();
	if (!to || !sched_claim(rq, to)) {
		if (to) {
			wake_up_process(to);
			task_put(to);
		}
		spin_lock(&rq->lock);
		to = NULL;
	}
	clear_task_flag(prev, TIF_NEED_RESCHED);
	fair_update_curr(rq);
	if (to)
		sched_admit(rq, to);
	stays = prev != rq->idle && sched_prev_stays(rq, prev, reason);
	if (to && !stays && !rq->force_idle && fair_may_go_first(rq, to)) {
		next = to;
	} else {
		if (to)
			rq_insert(rq, to);
		next = rq_pick(rq, prev, stays, reason == SWITCH_YIELD);
	}
	if (next == prev) {
		spin_unlock(&rq->lock);
		irq_enable();
		return;
	}
	if (stays)
		prev->se.nivcsw++;
	rq->curr = next;
	rq->switches++;
	next->se.exec_start = rq->clock;
	/* Its old CPU is through with its stack: wake_up_state() has waited for that. */
	debug_assert(!next->on_cpu || next == rq->idle);
	next->on_cpu = 1;
	race_point();
	/* A kernel thread runs on the page tables that happen to be loaded. */
	if (next->mm)
		mm_activate(next->mm);
	if (!rq->tick_armed && next != rq->idle)
		sched_arm_tick(rq);
	prev = arch_switch_to(prev, next);
	sched_finish_switch(prev);
}

void (schedule)(void)
{
	struct task *t = current;

	if (READ_ONCE(t->state) != TASK_RUNNING) {
		/*
		 * A signal that came before the state was set is seen here, one
		 * that comes later finds the state and wakes: its sender does the
		 * two in the opposite order.
		 */
		if (signal_pending_state(t->state, t))
			__set_current_state(TASK_RUNNING);
		else if (unlikely(t->pflags & PF_WORKER))
			workqueue_worker_sleeps(t);
	}
	sched_switch(SWITCH_SLEEP, NULL);
	if (unlikely(t->pflags & PF_WORKER))
		workqueue_worker_runs(t);
}

void sched_hand_over(struct task *to)
{
	struct task *t = current;

	debug_assert(!(t->pflags & PF_WORKER));
	/* As in schedule(). */
	if (signal_pending_state(t->state, t))
		__set_current_state(TASK_RUNNING);
	sched_switch(SWITCH_SLEEP, to);
}

int cond_resched(void)
{
	klp_sched_try_switch();
	if (likely(!need_resched()))
		return 0;
	sched_switch(SWITCH_PREEMPT, NULL);
	return 1;
}

void yield(void)
{
	klp_sched_try_switch();
	/* Without others there is nobody to yield to; one that comes later preempts. */
	if (READ_ONCE(this_rq()->queue.root) || need_resched())
		sched_switch(SWITCH_YIELD, NULL);
}

/*
 * The idle task's way to let others run, called with interrupts off; it is never on the
 * queue itself.
 */
void sched_idle_switch(void)
{
	sched_switch(SWITCH_PREEMPT, NULL);
}

void sched_exit_current(void)
{
	struct task *t = current;

	assert(t != this_rq()->idle);
	debug_assert(t->held_count == 0);
	/*
	 * A waker that saw an earlier sleeping state holds pi_lock until it has
	 * made the task runnable; after this nobody's mask matches any more.
	 */
	irq_disable();
	spin_lock(&t->pi_lock);
	t->state = TASK_DEAD;
	spin_unlock(&t->pi_lock);
	irq_enable();
	sched_switch(SWITCH_SLEEP, NULL);
	panic("a dead task runs");
}

/*
 * The first thing a new task does, called by the assembly that starts it.  The
 * child's thread id is stored here, because only here its address space is
 * current.
 */
void task_first_run(struct task *prev)
{
	sched_finish_switch(prev);
	if (current->set_child_tid) {
		pid_t pid = current->pid;

		/* A bad address is the program's loss. */
		(void)copy_to_user(current->set_child_tid, &pid, sizeof(pid));
	}
}

/* ---- looking at and poking others ----------------------------------------- */

int task_call_func(struct task *t, int (*fn)(struct task *t, void *arg), void *arg)
{
	struct rq *rq = NULL;
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&t->pi_lock, flags);
	/*
	 * Off its queue and off its CPU it can only come back through pi_lock; an idle
	 * task, never queued, only under its queue's lock.  Otherwise and for an idle
	 * task the queue's lock holds it: a switch away is complete
	 * (on_cpu) when that lock is free.  The acquire pairs with the release in
	 * sched_finish_switch().
	 */
	if (t->se.on_rq || (t->pflags & PF_IDLE) || smp_load_acquire(&t->on_cpu)) {
		race_point();
		rq = task_rq_lock(t);
	}
	ret = fn(t, arg);
	if (rq)
		spin_unlock(&rq->lock);
	spin_unlock_irqrestore(&t->pi_lock, flags);
	return ret;
}

bool task_has_run(const struct task *t)
{
	return READ_ONCE(t->se.exec_start) != 0;
}

bool task_running(const struct task *t)
{
	return READ_ONCE(t->on_cpu);
}

/*
 * The caller has set a flag of @t (full barrier).  If on_cpu reads 0 here, the
 * switch to the task comes after the flag, and it finds it on its way.
 */
void kick_task(struct task *t)
{
	unsigned cpu = READ_ONCE(t->cpu);

	if (READ_ONCE(t->on_cpu) && cpu != cpu_id())
		arch_send_resched(cpu);
}

void resched_cpu(unsigned cpu)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	if (rq->online)
		rq_resched(rq);
	spin_unlock_irqrestore(&rq->lock, flags);
}

void sched_run_idle_once(unsigned cpu)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	if (rq->online) {
		/* An idle CPU is where we want it; it only has to make a pass. */
		rq->force_idle = rq->curr != rq->idle;
		rq_resched(rq);
	}
	spin_unlock_irqrestore(&rq->lock, flags);
}

static void sched_nothing(void *arg)
{
}

/*
 * One interrupt on every CPU is enough.  What this waits for is code that looks
 * something up with interrupts off (or in an interrupt) and uses it before it turns
 * them on: a CPU that takes our interrupt is in no such section, and one that it
 * enters later sees what was changed before the call, as smp_call_all() is a full
 * barrier on both sides.  Kernel code is not preempted, so no such section can be
 * suspended with its task.  Code that uses what it found with interrupts on, or
 * sleeps, needs a reference; nothing here waits for it.
 */
void synchronize_cpus(void)
{
	smp_call_all(sched_nothing, NULL, true);
}

/* ---- the tick ------------------------------------------------------------- */

static void sched_account_tick(struct rq *rq, struct task *t)
{
	const struct pt_regs *regs = timer_interrupt_regs();
	bool user = regs && user_mode(regs);
	u64 delta = t->se.sum_exec - t->se.sampled_exec;

	t->se.sampled_exec = t->se.sum_exec;
	if (user) {
		t->se.sum_user += delta;
		rq->user_ns += delta;
	} else {
		t->se.sum_sys += delta;
		rq->sys_ns += delta;
	}
	itimer_cpu_tick(t, delta, user);
}

/* Every 4 ms on a CPU that is not idle; an idle one lets it run out. */
void sched_tick(struct timer *timer)
{
	struct rq *rq = this_rq();
	unsigned helper;

	rq->tick_armed = false;
	if (rq->curr == rq->idle)
		return;
	spin_lock(&rq->lock);
	if (rq->curr->se.has_woken)
		sched_waker_went_on(rq->curr);
	fair_update_curr(rq);
	if (fair_tick_expired(rq))
		rq_resched(rq);
	sched_balance(rq);
	sched_arm_tick(rq);
	helper = sched_find_helper(rq);
	spin_unlock(&rq->lock);
	/* An idle CPU takes what waits here, if nobody brought it there before. */
	if (helper < nr_cpus)
		resched_cpu(helper);
	sched_account_tick(rq, rq->curr);
}
