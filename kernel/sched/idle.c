/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Idle tasks and the start of scheduling on each CPU.
 *
 * Every CPU has one idle task, which is never on a queue and runs when no other task can.  The
 * idle tasks exist from sched_init() on: arch_start_cpus() starts CPU n as idle_task(n), on the
 * stack that struct cpu names.  The boot CPU's first context is its idle task from its first C
 * function on.
 */
#include <neurath/klp_sched.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/race.h>
#include <neurath/string.h>
#include "rq.h"

struct task boot_idle_task = {
	.refs = ATOMIC_INIT(1),
	.flags = 0,
	.patch_state = KLP_TRANSITION_IDLE,
	.on_cpu = 1,
	.pflags = PF_KTHREAD | PF_IDLE,
	.pi_lock = SPINLOCK_INIT("idle->pi_lock", RANK_TASK_PI),
	.comm = "swapper/0",
	.thread_node = LIST_HEAD_INIT(boot_idle_task.thread_node),
	.pending = { .queue = LIST_HEAD_INIT(boot_idle_task.pending.queue) },
};

struct task *idle_task(unsigned cpu)
{
	return cpu_rq(cpu)->idle;
}

/*
 * Interrupts are off from the last test of the flags to the halt, so a rescheduling interrupt
 * that is sent after a flag was set ends the halt.
 *
 * Interrupts are also off from the test of the patch state until the idle task has left its CPU.
 * So a transition that has flagged the idle task and then interrupted all CPUs knows that the
 * task has changed over, or is off its CPU, where its stack can be judged.  If the task stands in
 * a function that is being patched, sched_run_idle_once() brings it here.
 *
 * notrace: an idle task changes over here without a look at its stack.
 */
static __noreturn notrace void sched_idle_loop(void)
{
	for (;;) {
		irq_disable();
		klp_idle_check();
		race_point();
		if (need_resched()) {
			jiffies_update(clock_ns());
			sched_idle_switch();	/* returns with interrupts on */
			continue;
		}
		cpu_wait_for_interrupt();
		irq_enable();
	}
}

/* Uses the stack that arch_init() made for the CPU. */
static struct task *__init idle_create(unsigned cpu)
{
	struct task *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		panic("no memory for the idle task of CPU %u: the machine needs more (MEM=)", cpu);
	t->on_cpu = 1;
	t->cpu = cpu;
	t->patch_state = boot_idle_task.patch_state;
	t->pflags = PF_KTHREAD | PF_IDLE;
	atomic_set(&t->refs, 1);
	snprintf(t->comm, sizeof(t->comm), "swapper/%u", cpu);
	spin_lock_init_rank(&t->pi_lock, "idle->pi_lock", RANK_TASK_PI);
	INIT_LIST_HEAD(&t->thread_node);
	INIT_LIST_HEAD(&t->pending.queue);
	return t;
}

static void __init rq_init(unsigned cpu, struct task *idle)
{
	struct rq *rq = cpu_rq(cpu);

	spin_lock_init_rank(&rq->lock, "rq->lock", RANK_RUNQUEUE);
	rq->cpu = cpu;
	rq->idle = rq->curr = idle;
	idle->process = &kernel_process;
	idle->stack = cpus[cpu].idle_stack;
	cpus[cpu].task = idle;
	cpus[cpu].rq = rq;
	idle->se.cpus_allowed = BIT(cpu);
	fair_set_nice(idle, 0);
	timer_init(&rq->tick, sched_tick, rq);
	timers_init_cpu(cpu);
	rq->tick.cpu = cpu;
}

static void sched_go_online(void)
{
	struct rq *rq = this_rq();
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	rq->clock = rq->idle->se.exec_start = clock_ns();
	WRITE_ONCE(rq->online, true);
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* Runs before the other CPUs start; interrupts may be on or off. */
void __init sched_init(void)
{
	rq_init(0, &boot_idle_task);
	for (unsigned cpu = 1; cpu < nr_cpus; cpu++)
		rq_init(cpu, idle_create(cpu));
	task_init();
	sched_go_online();
	load_init();
	race_init();
}

notrace void sched_cpu_entry(void)
{
	assert(current == this_rq()->idle);
	if (!this_rq()->online)
		sched_go_online();
	lock_stat_reset();
	sched_idle_loop();
}
