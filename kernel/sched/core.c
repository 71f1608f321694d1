/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch: a CPU leaves one task and runs another.
 *
 * schedule() and its relatives are called in process context with interrupts on and no spinlock
 * held, and return in the same state.  They are the only callers of arch_switch_to(), so the
 * stack of a task that is off its CPU always ends below sched_switch() or sched_hand_over().
 *
 * task->on_cpu is the handshake with wake-ups.  It is set before the switch to a task.  The
 * successor clears it, with release, when the task's stack is no longer in use.  A waker that
 * moves a sleeping task to another CPU waits for on_cpu == 0 with acquire: then all stores of the
 * task are visible, and its stack is free.
 */
#include <neurath/klp_sched.h>
#include <neurath/life.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/race.h>
#include <neurath/return_hook.h>
#include <neurath/trace.h>
#include <neurath/uaccess.h>
#include <neurath/vm.h>
#include "fair.h"


enum switch_reason {
	SWITCH_SLEEP,		/* leaves the queue if its state says so */
	SWITCH_PREEMPT,		/* stays runnable whatever its state */
	SWITCH_YIELD,		/* the same, and runs another task even if its turn has not come */
};

void rq_resched(struct rq *rq)
{
	assert_spin_held(&rq->lock);
	/* Already set: the CPU has been interrupted, or passes schedule() anyway. */
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

/* ---- choice of the next task ---------------------------------------------- */

static __always_inline struct task *rq_first(const struct rq *rq)
{
	return rq->queue.root ? container_of(rq->queue.root, struct task, se.run_node) : NULL;
}

static __always_inline void rq_insert(struct rq *rq, struct task *t)
{
	t->se.run_node.key = t->se.vruntime;
	pheap_insert(&rq->queue, &t->se.run_node);
}

/* The running task stops being runnable on this queue. */
static __always_inline void rq_leave(struct rq *rq, struct task *prev)
{
	prev->se.on_rq = false;
	rq->nr_running--;
}

/*
 * Chooses the task that runs next, and moves both tasks between "running" and the queue.  @prev
 * is not idle and stays runnable, or is idle, or has left (@stays is false).
 */
static struct task *rq_pick(struct rq *rq, struct task *prev, bool stays, bool yield)
{
	struct task *first;

	if (unlikely(rq->force_idle)) {
		/* Only once: the flag brings the idle task back here after its pass. */
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

/* ---- the switch ----------------------------------------------------------- */

/* The part of a task's end that needs another stack.  Rare, so not inlined in schedule(). */
static noinline void sched_bury(struct task *t)
{
	unsigned long flags;
	void *stack;

	/* Every look at the stack of another task happens under its pi_lock. */
	spin_lock_irqsave(&t->pi_lock, flags);
	stack = t->stack;
	t->stack = NULL;
	spin_unlock_irqrestore(&t->pi_lock, flags);
	task_free_stack(stack);
	race_point();
	klp_task_dead(t);
	race_point();
	life_call(task_gone, t);
	task_put(t);
}

/* @t was preempted on a CPU that it may no longer use: moves @t to another CPU. */
static noinline void sched_push_away(struct task *t)
{
	unsigned long flags;

	race_point();
	spin_lock_irqsave(&t->pi_lock, flags);
	sched_enqueue_on(t, sched_select_cpu(t), true);
	spin_unlock_irqrestore(&t->pi_lock, flags);
}

/* Runs on the new task's stack; @prev ran before.  Returns with interrupts on. */
static __always_inline void sched_finish_switch(struct task *prev)
{
	struct rq *rq = this_rq();
	unsigned state = prev->state;
	/* Off the queue and not asleep: dead, or to be moved to another CPU. */
	bool odd = !prev->se.on_rq && (state == TASK_RUNNING || state == TASK_DEAD) &&
		   prev != rq->idle;

	race_point();
	/* Pairs with the acquire in wake_up_state(): from here the stack of @prev is not in use. */
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

/* Tasks in this kind of sleep count in the load. */
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
 * Returns true if @prev, which is not an idle task, stays runnable on this CPU.  Otherwise the
 * queue no longer counts it.  A task that may no longer use this CPU is pushed away later, by
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
 * Switches to @next, which is in no queue any more.  Returns when @prev runs again, with
 * interrupts on.  The lock of @rq passes to the next task together with the CPU.
 */
static __always_inline void sched_switch_to(struct rq *rq, struct task *prev, struct task *next)
{
	rq->curr = next;
	rq->switches++;
	next->se.exec_start = rq->clock;
	/* The old CPU of @next no longer uses its stack: wake_up_state() has waited for that. */
	debug_assert(!next->on_cpu || next == rq->idle);
	next->on_cpu = 1;
	race_point();
	if (trace_is_on(sched_switch))
		trace_sched_switch(prev, next, prev->se.on_rq);
	/* A kernel thread runs on the page tables that are loaded at the moment. */
	if (next->mm)
		mm_activate(next->mm);
	if (!rq->tick_armed && next != rq->idle)
		sched_arm_tick(rq);
	sched_finish_switch(arch_switch_to(prev, next));
}

/*
 * The beginning of each switch.  From here to the switch interrupts stay off.  So after a
 * transition has set this task's flag, a serialising round finds that the task has seen the flag
 * here, or that the task is off its CPU (livepatch/transition.c).
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
 * Interrupts are on when this is called and when it returns.  (An idle task calls it with
 * interrupts off: see sched_idle_loop().)  The lock is not held on return.
 *
 * The boot code runs as the idle task of the boot CPU.  When it waits for something, other
 * tasks run; if there are no other tasks, it returns at once.
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
		rq->passes++;
		spin_unlock(&rq->lock);
		irq_enable();
		return;
	}
	if (stays)
		prev->se.nivcsw++;
	sched_switch_to(rq, prev, next);
}

/* ---- hand-over ------------------------------------------------------------- */

/* True if @to sleeps, no CPU uses its stack, and a wake-up would put it on @rq. */
static __always_inline bool sched_fits(const struct rq *rq, const struct task *to)
{
	assert_spin_held(&to->pi_lock);
	/* The acquire pairs with the release in sched_finish_switch(), as in every waker. */
	return (READ_ONCE(to->state) & TASK_NORMAL) && !to->se.on_rq &&
	       !smp_load_acquire(&to->on_cpu) && (to->se.cpus_allowed & BIT(rq->cpu)) &&
	       (to->cpu == rq->cpu || rq->nr_running == 1);
}

/*
 * True if @to can get the CPU of @prev, which is about to sleep, without passing through a queue.
 * Then @to has its place in virtual time, and its pi_lock and the lock of @rq are held.  On false
 * neither lock is held.  Interrupts are off.
 */
static __always_inline bool sched_claim(struct rq *rq, struct task *prev, struct task *to)
{
	spin_lock(&to->pi_lock);
	if (likely(sched_fits(rq, to))) {
		spin_lock(&rq->lock);
		fair_charge(rq, prev);
		fair_place(rq, to);
		to->cpu = rq->cpu;
		/* @prev may have been woken meanwhile, or other tasks may have waited too long. */
		if (likely(READ_ONCE(prev->state) != TASK_RUNNING && !rq->force_idle &&
			   fair_may_go_first(rq, to)))
			return true;
		spin_unlock(&rq->lock);
	}
	spin_unlock(&to->pi_lock);
	return false;
}

/*
 * The same switch as in schedule(), for a known next task.  One task takes the other's place, so
 * the queue and its counts stay unchanged.
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
	/* What a wake-up does to a task. */
	if (unlikely(sched_counts_as_load(to->state)))
		rq->nr_uninterruptible--;
	to->se.on_rq = true;
	WRITE_ONCE(to->state, TASK_RUNNING);
	if (trace_is_on(sched_wakeup))
		trace_sched_wakeup(to, rq->cpu);
	spin_unlock(&to->pi_lock);
	/* Not the last reference: @to is runnable, and runs nowhere before this lock is free. */
	atomic_dec(&to->refs);
	sched_switch_to(rq, prev, to);
}

void (schedule)(void)
{
	struct task *t = current;

	if (READ_ONCE(t->state) != TASK_RUNNING) {
		/*
		 * A signal that came before the state was set is seen here.  The sender of a
		 * later signal finds the state and wakes the task: it sets the signal before it
		 * reads the state.
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
	/* Without other tasks there is no task to yield to.  A task that comes later preempts. */
	if (READ_ONCE(this_rq()->queue.root) || need_resched())
		sched_switch(SWITCH_YIELD);
}

/*
 * The idle task lets other tasks run.  Called with interrupts off.  The idle task is on no queue.
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
	 * A waker that saw an earlier sleeping state holds pi_lock until it has made the task
	 * runnable.  From here on no waker's mask matches.
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
 * The first function of a new task, called by the assembly that starts it.  The child's thread id
 * is stored here: only here is its address space current.
 */
void task_first_run(struct task *prev)
{
	sched_finish_switch(prev);
	return_stack_first_run();
	if (current->set_child_tid) {
		pid_t pid = current->pid;

		/* An invalid address is the program's error. */
		(void)copy_to_user(current->set_child_tid, &pid, sizeof(pid));
	}
}

/* ---- operations on other tasks -------------------------------------------- */

int task_call_func(struct task *t, int (*fn)(struct task *t, void *arg), void *arg)
{
	struct rq *rq = NULL;
	unsigned long flags;
	int error;

	spin_lock_irqsave(&t->pi_lock, flags);
	/*
	 * A task that is off its queue and off its CPU can come back only through pi_lock.  An
	 * idle task is never queued and comes back only under its queue's lock.  In every other
	 * case, and for an idle task, the queue's lock holds the task: a switch away from it is
	 * complete (on_cpu) when that lock is free.  The acquire pairs with the release in
	 * sched_finish_switch().
	 */
	if (t->se.on_rq || (t->pflags & PF_IDLE) || smp_load_acquire(&t->on_cpu)) {
		race_point();
		rq = task_rq_lock(t);
	}
	error = fn(t, arg);
	if (rq)
		spin_unlock(&rq->lock);
	spin_unlock_irqrestore(&t->pi_lock, flags);
	return error;
}

bool task_has_run(const struct task *t)
{
	return READ_ONCE(t->se.exec_start) != 0;
}

/*
 * The caller has set a flag of @t.  A CPU switches to a task under the lock of its queue.  So @t
 * is current here and its CPU is interrupted, or the switch to @t comes after this lock was
 * released and @t finds the flag on its way.  Without the lock, that CPU could read the flags
 * before other CPUs see that the task runs there, and the flag would wait for the next tick.
 */
void kick_task(struct task *t)
{
	unsigned long flags = irq_save();
	struct rq *rq = task_rq_lock(t);

	if (t == rq->curr && rq->cpu != cpu_id())
		arch_send_resched(rq->cpu);
	spin_unlock(&rq->lock);
	irq_restore(flags);
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
		/* An idle CPU runs the idle task already; it only has to make a pass. */
		rq->force_idle = rq->curr != rq->idle;
		rq_resched(rq);
	}
	spin_unlock_irqrestore(&rq->lock, flags);
}

static void sched_nothing(void *arg)
{
}

/*
 * One interrupt on every CPU is enough.  This function waits for code that looks something up
 * with interrupts off (or in an interrupt) and uses the result before it turns interrupts on.  A
 * CPU that takes the interrupt is in no such section.  A section that a CPU enters later sees the
 * changes made before the call, since smp_call_all() is a full barrier on both sides.  Kernel
 * code is not preempted, so no such section can be suspended with its task.  Code that uses a
 * result with interrupts on, or sleeps, needs a reference: this function does not wait for it.
 */
void synchronize_cpus(void)
{
	smp_call_all(sched_nothing, NULL, true);
}

/* ---- for the watchdog ------------------------------------------------------- */

unsigned long sched_passes(unsigned cpu)
{
	const struct rq *rq = cpu_rq(cpu);

	return READ_ONCE(rq->passes) + (unsigned long)READ_ONCE(rq->switches);
}

void sched_ask_for_pass(void)
{
	set_task_flag(current, TIF_NEED_RESCHED);
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
	life_call(tick, t, delta, user);
}

/* Every 4 ms on a CPU that is not idle; an idle CPU does not arm it again. */
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
	/* An idle CPU takes the task that waits here, unless it was moved there before. */
	if (helper < nr_cpus)
		resched_cpu(helper);
	sched_account_tick(rq, rq->curr);
}
