/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch: who leaves a CPU, who comes, and what is done on both sides.
 *
 * schedule() and its relatives are called in process context with interrupts on
 * and no spinlock held, and return the same way.  They are the only callers of
 * arch_switch_to(), so a task that is off its CPU is always found below
 * sched_switch() or sched_hand_over().
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
#include "fair.h"

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

/* What only can be done for a dead task by somebody on another stack.  Rare: not in schedule(). */
static noinline void sched_bury(struct task *t)
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
static noinline void sched_push_away(struct task *t)
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
	unsigned state = prev->state;
	/* Off the queue though it does not sleep: dead, or to go to another CPU. */
	bool odd = !prev->se.on_rq && (state == TASK_RUNNING || state == TASK_DEAD) &&
		   prev != rq->idle;

	race_point();
	/* Pairs with the acquire in wake_up_state(): from here its stack is not in use. */
	smp_store_release(&prev->on_cpu, 0);
	spin_unlock(&rq->lock);
	irq_enable();
	if (likely(!odd))
		return;
	if (state == TASK_DEAD)
		sched_bury(prev);
	else
		sched_push_away(prev);
}

/* What sleeps so counts in the load. */
static __always_inline bool sched_counts_as_load(unsigned state)
{
	return (state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE;
}

/* @prev goes to sleep. */
static __always_inline void sched_account_sleep(struct rq *rq, struct task *prev)
{
	prev->se.nvcsw++;
	if (prev->se.has_woken)
		sched_waker_slept(prev);
	if (sched_counts_as_load(prev->state))
		rq->nr_uninterruptible++;
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

	if (state != TASK_RUNNING && reason == SWITCH_SLEEP)
		sched_account_sleep(rq, prev);
	else if (likely(prev->se.cpus_allowed & BIT(rq->cpu)) || state != TASK_RUNNING)
		return true;
	rq_leave(rq, prev);
	return false;
}

static void sched_arm_tick(struct rq *rq)
{
	rq->tick_armed = true;
	timer_arm(&rq->tick, rq->clock + NSEC_PER_SEC / HZ);
}

/*
 * To the next task, which is in no queue any more; returns when @prev runs again, with
 * interrupts on.  The lock of @rq goes with the CPU.
 */
static __always_inline void sched_switch_to(struct rq *rq, struct task *prev, struct task *next)
{
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
	sched_finish_switch(arch_switch_to(prev, next));
}

/*
 * The beginning of each switch.  From here to the switch interrupts stay off: a
 * serialising round that comes after a transition has set this task's flag finds the
 * flag seen here, or the task off its CPU (livepatch/transition.c).
 */
static __always_inline struct rq *sched_begin_switch(void)
{
	if (CONFIG_DEBUG)
		lockcheck_may_sleep("schedule");
	race_point();
	irq_disable();
	klp_sched_try_switch();
	race_point();
	return this_rq();
}

/*
 * Interrupts are on before (but for an idle task, see sched_idle_loop()) and after; the
 * lock is never held on return.  If the boot CPU's first context, which is an idle task,
 * waits for something during the boot, others run, and it comes back at once if there
 * are none.
 */
static void sched_switch(enum switch_reason reason)
{
	struct task *prev = current, *next;
	struct rq *rq = sched_begin_switch();
	bool stays;

	spin_lock(&rq->lock);
	clear_task_flag(prev, TIF_NEED_RESCHED);
	fair_charge(rq, prev);
	stays = prev != rq->idle && sched_prev_stays(rq, prev, reason);
	next = rq_pick(rq, prev, stays, reason == SWITCH_YIELD);
	if (next == prev) {
		spin_unlock(&rq->lock);
		irq_enable();
		return;
	}
	if (stays)
		prev->se.nivcsw++;
	sched_switch_to(rq, prev, next);
}

/* ---- handing over ---------------------------------------------------------- */

/* Whether @to sleeps, nobody uses its stack, and @rq is where it would come to. */
static __always_inline bool sched_fits(const struct rq *rq, const struct task *to)
{
	assert_spin_held(&to->pi_lock);
	/* The acquire pairs with the release in sched_finish_switch(), as for any waker. */
	return (READ_ONCE(to->state) & TASK_NORMAL) && !to->se.on_rq &&
	       !smp_load_acquire(&to->on_cpu) && (to->se.cpus_allowed & BIT(rq->cpu)) &&
	       (to->cpu == rq->cpu || rq->nr_running == 1);
}

/*
 * Whether @to can be given the CPU of @prev, which is about to sleep, without passing
 * through a queue.  Then @to has its place in virtual time, and its pi_lock and the lock of
 * @rq are held; else neither.  Interrupts are off.
 */
static __always_inline bool sched_claim(struct rq *rq, struct task *prev, struct task *to)
{
	spin_lock(&to->pi_lock);
	if (likely(sched_fits(rq, to))) {
		spin_lock(&rq->lock);
		fair_charge(rq, prev);
		fair_place(rq, to);
		to->cpu = rq->cpu;
		/* @prev may have been woken meanwhile, or others have waited too long. */
		if (likely(READ_ONCE(prev->state) != TASK_RUNNING && !rq->force_idle &&
			   fair_may_go_first(rq, to)))
			return true;
		spin_unlock(&rq->lock);
	}
	spin_unlock(&to->pi_lock);
	return false;
}

/*
 * The same switch as schedule()'s where the next task is known: one takes the other's
 * place, so the queue and its numbers stay as they are.
 */
void sched_hand_over(struct task *to)
{
	struct task *prev = current;
	struct rq *rq;

	debug_assert(!(prev->pflags & PF_WORKER) && !(to->pflags & PF_IDLE));
	rq = sched_begin_switch();
	if (unlikely(!sched_claim(rq, prev, to))) {
		irq_enable();
		wake_up_process(to);
		task_put(to);
		schedule();
		return;
	}
	clear_task_flag(prev, TIF_NEED_RESCHED);
	sched_account_sleep(rq, prev);
	prev->se.on_rq = false;
	/* What a wake-up does to it. */
	if (unlikely(sched_counts_as_load(to->state)))
		rq->nr_uninterruptible--;
	to->se.on_rq = true;
	WRITE_ONCE(to->state, TASK_RUNNING);
	spin_unlock(&to->pi_lock);
	/* Not the last one: it is runnable, and cannot run elsewhere before this lock is free. */
	atomic_dec(&to->refs);
	sched_switch_to(rq, prev, to);
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
	sched_switch(SWITCH_SLEEP);
	if (unlikely(t->pflags & PF_WORKER))
		workqueue_worker_runs(t);
}

int cond_resched(void)
{
	klp_sched_try_switch();
	if (likely(!need_resched()))
		return 0;
	sched_switch(SWITCH_PREEMPT);
	return 1;
}

void yield(void)
{
	klp_sched_try_switch();
	/* Without others there is nobody to yield to; one that comes later preempts. */
	if (READ_ONCE(this_rq()->queue.root) || need_resched())
		sched_switch(SWITCH_YIELD);
}

/*
 * The idle task's way to let others run, called with interrupts off; it is never on the
 * queue itself.
 */
void sched_idle_switch(void)
{
	sched_switch(SWITCH_PREEMPT);
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
	sched_switch(SWITCH_SLEEP);
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
