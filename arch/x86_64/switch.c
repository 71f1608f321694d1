/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C half of the context switch, and the first frames of new tasks.
 *
 * arch_switch_to() is the only place where a task leaves a CPU: interrupts are off and the run
 * queue's lock is held.  The scheduler has loaded the address space before.
 */
#include <asm/switch.h>
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/sched.h>
#include <neurath/task.h>
#include "debugreg.h"
#include "entry.h"
#include "fpu.h"
#include "ioport.h"
#include "segments.h"
#include "x86.h"

static unsigned long switch_stack_top(const struct task *task)
{
	return (unsigned long)task->stack + KSTACK_SIZE;
}

/*
 * The bases of FS and GS are not read back: without CR4.FSGSBASE user mode can set them only by
 * arch_prctl(), which stores them in the task.  A program that loads the selectors instead gets
 * its old bases back after the next switch.
 */
static __always_inline void switch_user_state(struct task *prev, struct task *next)
{
	if (prev->fpu)
		fpu_save(prev->fpu);
	if (next->fpu) {
		fpu_restore(next->fpu);
		wrmsr(MSR_FS_BASE, next->fsbase);
		wrmsr(MSR_KERNEL_GS_BASE, next->gsbase);
	}
}

struct task *arch_switch_to(struct task *prev, struct task *next)
{
	struct cpu *cpu = this_cpu();
	struct cpu_arch *arch = cpu->arch;

	debug_assert(irqs_disabled());
	switch_user_state(prev, next);
	cpu->kernel_stack = switch_stack_top(next);
	arch->tss.rsp[0] = cpu->kernel_stack;
	if (unlikely(prev->switch_extra || next->switch_extra)) {
		ioport_switch(arch, next);
		debugreg_switch(prev, next);
	}
	return switch_stacks(&prev->kernel_sp, next->kernel_sp, prev, next);
}

/*
 * The stack of a user task begins with the place for its user registers.  So does the stack of a
 * kernel thread, since it may become a user task (init).
 */
static struct switch_frame *switch_new_frame(struct task *task)
{
	struct switch_frame *frame = (void *)kstack_user_regs(task->stack);

	frame--;
	*frame = (struct switch_frame){ 0 };
	task->kernel_sp = (unsigned long)frame;
	return frame;
}

void arch_setup_kthread(struct task *task, int (*fn)(void *), void *arg)
{
	struct switch_frame *frame = switch_new_frame(task);

	frame->rbx = (unsigned long)fn;
	frame->r12 = (unsigned long)arg;
	frame->ret = (unsigned long)kthread_first_return;
}

/* A switch in between loads the new value, too. */
void arch_set_user_bases(unsigned long fsbase, unsigned long gsbase)
{
	unsigned long flags = irq_save();

	current->fsbase = fsbase;
	current->gsbase = gsbase;
	wrmsr(MSR_FS_BASE, fsbase);
	wrmsr(MSR_KERNEL_GS_BASE, gsbase);
	irq_restore(flags);
}

void arch_enter_idle(void)
{
	enter_idle((unsigned long)kstack_user_regs(current->stack));
}
