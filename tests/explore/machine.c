/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine of the world: CPUs that take turns on one host thread.
 *
 * A CPU runs until it halts, waits for another CPU (cpu_relax), or the search switches at a
 * scheduling point; tasks of a CPU are switched by the kernel's own scheduler.  Interrupts run on
 * the stack of whatever they interrupt, at the first scheduling point with interrupts on, as on the
 * processor.  Time passes when a CPU reads the clock, and when all CPUs are halted.
 */
#include "world.h"
#include "search.h"
#include <neurath/klp_sched.h>
#include <neurath/mm.h>
#include <neurath/syscall.h>
#include "../../kernel/sched/rq.h"
#include "../../arch/x86_64/smp.h"
#include "../../arch/x86_64/traps.h"

#define SPIN_LIMIT	20000		/* turns in a row of CPUs that only wait */
#define EFLAGS_IF	(1UL << 9)

struct cpu cpus[NR_CPUS];
unsigned nr_cpus;
u64 cpus_online;
bool cpu_is_virtual;			/* waiting CPUs poll, and never halt */
struct machine_cpu machine_cpus[WORLD_CPUS];
unsigned machine_now;

static struct task *switched_from[WORLD_CPUS];
static u64 machine_clock = 1000;
static unsigned machine_spins;
static void *search_sp;			/* of the search, while the world runs */
static bool machine_ready_once;

/* ---- stacks ------------------------------------------------------------------------------- */

void machine_swap(void **save, void *load);
__asm__(".text\n.globl machine_swap\nmachine_swap:\n"
	"push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
	"mov %rsp, (%rdi)\nmov %rsi, %rsp\n"
	"pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\nret\n");

void *machine_new_stack(void *top, void (*start)(void))
{
	void **sp = (void **)((unsigned long)top & ~15UL);

	*--sp = NULL;			/* start() begins with a stack as after a call */
	*--sp = start;
	for (unsigned i = 0; i < 6; i++)
		*--sp = NULL;
	return sp;
}

static struct machine_cpu *here(void)
{
	return &machine_cpus[machine_now];
}

/* ---- what the kernel's headers ask of the processor ---------------------------------------- */

struct cpu *this_cpu(void)
{
	return &cpus[machine_now];
}

unsigned cpu_id(void)
{
	return machine_now;
}

struct rq *this_cpu_rq(void)
{
	return cpus[machine_now].rq;
}

struct task *get_current(void)
{
	return cpus[machine_now].task;
}

bool irqs_disabled(void)
{
	return !here()->irqs_on;
}

void irq_disable(void)
{
	search_point(0, 0, false, __builtin_return_address(0));
	here()->irqs_on = false;
}

void irq_enable(void)
{
	here()->irqs_on = true;
	search_point(0, 0, false, __builtin_return_address(0));
}

unsigned long irq_save(void)
{
	unsigned long flags = here()->irqs_on ? EFLAGS_IF : 0;

	irq_disable();
	return flags;
}

void irq_restore(unsigned long flags)
{
	if (flags & EFLAGS_IF)
		irq_enable();
}

u64 read_tsc(void)
{
	return machine_clock;
}

void machine_serialise(void)
{
	search_fence();
}

/* ---- time ---------------------------------------------------------------------------------- */

static void clock_set(u64 now)
{
	machine_clock = now;
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		if (machine_cpus[cpu].timer <= now) {
			machine_cpus[cpu].timer = ~0UL;
			machine_raise(cpu, IRQ_TIMER);
		}
	}
}

u64 clock_ns(void)
{
	static u64 step;

	if (search_active && !step)
		step = 1 + (search_random(1) % 4 ? 100 : search_random(2) % 200000);
	clock_set(machine_clock + (step ? step : 1));
	return machine_clock;
}

void arch_timer_program(u64 deadline)
{
	here()->timer = deadline;
}

/* All CPUs are halted: continue at the next timer, or end. */
static void machine_all_halted(void)
{
	u64 next = ~0UL;

	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		next = min(next, machine_cpus[cpu].timer);
	if (scene_done) {
		ipc_scene_over();
		machine_stop();
	}
	scene_all_halted();
	if (next == ~0UL)
		violation("all wait, and nobody will come: an event was lost");
	clock_set(max(next, machine_clock + 1));
}

/* ---- turns ---------------------------------------------------------------------------------- */

bool machine_can_run(unsigned cpu)
{
	return cpu < nr_cpus && (!machine_cpus[cpu].halted || machine_cpus[cpu].pending);
}

void machine_switch(unsigned to)
{
	unsigned from = machine_now;

	machine_now = to;
	machine_cpus[to].spins = false;
	search->turn_began = search->points;
	machine_swap(&machine_cpus[from].sp, machine_cpus[to].sp);
}

/* The next CPU that can run; a CPU that only waits is taken if there is no other. */
static int machine_next(void)
{
	int waits = -1;

	for (unsigned i = 1; i < nr_cpus; i++) {
		unsigned cpu = (machine_now + i) % nr_cpus;

		if (!machine_can_run(cpu))
			continue;
		if (!machine_cpus[cpu].spins)
			return (int)cpu;
		if (waits < 0)
			waits = (int)cpu;
	}
	return waits;
}

bool machine_next_turn(void)
{
	int next = machine_next();

	search->turn_began = search->points;
	if (next >= 0)
		machine_switch((unsigned)next);
	return next >= 0;
}

void cpu_relax(void)
{
	int next;

	if (!search_active)
		return;
	search_fence();			/* a store leaves its buffer after some time */
	search_point(0, 0, false, __builtin_return_address(0));
	if (++machine_spins > SPIN_LIMIT)
		violation("CPUs wait for each other for ever");
	here()->spins = true;
	next = machine_next();
	if (next >= 0)
		machine_switch((unsigned)next);
	here()->spins = false;
}

void cpu_wait_for_interrupt(void)
{
	struct machine_cpu *c = here();

	/* Interrupts are off until the halt; an interrupt ends the halt. */
	search_fence();
	search_point(0, 0, false, __builtin_return_address(0));
	c->irqs_on = true;
	if (!search_active) {		/* the boot: the CPU that starts this one continues */
		c->halted = true;
		machine_switch(0);
	}
	while (!c->pending) {
		int next;

		c->halted = true;
		machine_spins = 0;
		next = machine_next();
		if (next >= 0)
			machine_switch((unsigned)next);
		else
			machine_all_halted();
	}
	c->halted = false;
	machine_take_interrupts();
}

/* ---- interrupts ------------------------------------------------------------------------------ */

void machine_raise(unsigned cpu, unsigned irq)
{
	machine_cpus[cpu].pending |= irq;
	search_raised(cpu);
}

void lapic_send(u32 apic_id, u32 mode, u8 vector);
void lapic_send(u32 apic_id, u32 mode, u8 vector)
{
	machine_raise(apic_id, vector == VECTOR_CALL ? IRQ_CALL : IRQ_RESCHED);
}

void scene_device_interrupt(void);

static void interrupt_dispatch(unsigned irq, struct pt_regs *regs)
{
	irq_enter();
	switch (irq) {
	case IRQ_CALL:
		selector_rewind(regs);
		smp_call_interrupt();
		break;
	case IRQ_TIMER:
		timer_interrupt(regs);
		break;
	case IRQ_DEVICE:
		scene_device_interrupt();
		break;
	}
	irq_exit();
	klp_interrupted();
}

/* Runs one interrupt, on the stack of the interrupted code. */
static void interrupt_take(struct machine_cpu *c, unsigned irq)
{
	struct pt_regs outside = { .cs = c->in_user ? 3 : 0 };
	struct pt_regs *patched = c->regs;
	bool user = c->in_user;

	note("interrupt %s", irq == IRQ_CALL ? "call" : irq == IRQ_TIMER ? "timer" :
	     irq == IRQ_DEVICE ? "device" : "resched");
	search_fence();
	c->pending &= ~irq;
	c->irqs_on = false;
	c->in_user = false;
	c->regs = NULL;
	c->interrupted = patched;
	c->depth++;
	c->interrupts++;
	interrupt_dispatch(irq, patched ? patched : &outside);
	c->depth--;
	c->regs = patched;
	c->interrupted = NULL;
	search_fence();
	if (user) {
		exit_to_user_mode_loop(kstack_user_regs(current->stack));
		here()->in_user = true;
	}
	/* A task that slept in this function may be on another CPU now. */
	here()->irqs_on = true;
}

void machine_take_interrupts(void)
{
	while (here()->irqs_on && here()->pending)
		interrupt_take(here(), here()->pending & -here()->pending);
}

/* ---- tasks ----------------------------------------------------------------------------------- */

struct task *arch_switch_to(struct task *prev, struct task *next)
{
	switched_from[machine_now] = prev;
	cpus[machine_now].task = next;
	machine_swap((void **)&prev->kernel_sp, (void *)next->kernel_sp);
	return switched_from[machine_now];
}

static void kthread_start(void)
{
	struct pt_regs *regs;

	task_first_run(switched_from[machine_now]);
	regs = kstack_user_regs(current->stack);
	kthread_exit(((int (*)(void *))regs->rdi)((void *)regs->rsi));
}

static void user_start(void)
{
	struct pt_regs *regs;

	task_first_run(switched_from[machine_now]);
	regs = kstack_user_regs(current->stack);
	irq_disable();
	exit_to_user_mode_loop(regs);
	here()->in_user = true;
	irq_enable();
	((void (*)(void))regs->rip)();
}

void arch_setup_kthread(struct task *task, int (*fn)(void *), void *arg)
{
	struct pt_regs *regs = kstack_user_regs(task->stack);

	regs->rdi = (unsigned long)fn;
	regs->rsi = (unsigned long)arg;
	task->kernel_sp = (unsigned long)machine_new_stack(regs, kthread_start);
}

void arch_setup_user(struct task *task, const struct pt_regs *regs)
{
	*kstack_user_regs(task->stack) = *regs;
	task->kernel_sp = (unsigned long)machine_new_stack(kstack_user_regs(task->stack), user_start);
}

void machine_syscall(void (*call)(void))
{
	int next;

	search_point(0, 0, false, __builtin_return_address(0));
	/* A program computes for a while: the other CPUs run meanwhile. */
	next = machine_next();
	if (next >= 0 && !here()->pending)
		machine_switch((unsigned)next);
	search_point(0, 0, false, __builtin_return_address(0));
	here()->in_user = false;
	call();
	irq_disable();
	exit_to_user_mode_loop(kstack_user_regs(current->stack));
	here()->in_user = true;
	irq_enable();
}

/* ---- start ----------------------------------------------------------------------------------- */

static void cpu_start(void)
{
	here()->irqs_on = true;
	irq_disable();
	sched_cpu_entry();
}

void machine_boot(unsigned nr, void (*boot)(void))
{
	nr_cpus = nr;
	cpus_online = BIT(nr) - 1;
	for (unsigned cpu = 0; cpu < nr; cpu++) {
		char *stack = kstack_alloc();

		cpus[cpu] = (struct cpu){ .self = &cpus[cpu], .id = cpu, .apic_id = cpu,
			.online = true, .idle_stack = stack, .start = CPU_STARTED };
		machine_cpus[cpu].timer = ~0UL;
		machine_cpus[cpu].sp = machine_new_stack(stack + KSTACK_SIZE, cpu ? cpu_start : boot);
	}
	cpus[0].task = &boot_idle_task;
	machine_now = 0;
	machine_swap(&search_sp, machine_cpus[0].sp);
}

void arch_start_cpus(void)
{
	here()->irqs_on = true;
	for (unsigned cpu = 1; cpu < nr_cpus; cpu++)
		machine_switch(cpu);
}

void machine_ready(void)
{
	machine_ready_once = true;
	machine_swap(&machine_cpus[0].sp, search_sp);
	/* Each schedule begins here. */
	irq_disable();
	sched_cpu_entry();
}

void machine_run(void)
{
	machine_swap(&search_sp, machine_cpus[machine_now].sp);
}

void machine_stop(void)
{
	void *gone;

	machine_swap(&gone, search_sp);
	__builtin_unreachable();
}
