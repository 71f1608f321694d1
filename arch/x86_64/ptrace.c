/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of a stopped task, for its tracer.
 *
 * Callers hold the task in its stop and have seen that it is off its CPU.  The general registers
 * are at the top of its kernel stack, segment bases and extended state in struct task.  The task
 * could be killed meanwhile and run.  So every written value must be, at every moment, a value
 * that the processor can load.
 */
#include <neurath/arch.h>
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/string.h>
#include <neurath/task.h>
#include "fpu.h"
#include "segments.h"
#include "x86.h"

_Static_assert(offsetof(struct user_regs_struct, fs_base) == sizeof(struct pt_regs),
	       "the registers of the ABI begin with those of an entry");

/* The trap flag belongs to the kernel while the task is stepped: neither shown nor changed. */
static bool ptrace_steps(const struct task *t)
{
	return t->trace.mode == TRACE_SINGLESTEP;
}

void arch_ptrace_get_regs(struct task *t, struct user_regs_struct *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out, kstack_user_regs(t->stack), sizeof(struct pt_regs));
	if (ptrace_steps(t))
		out->eflags &= ~EFLAGS_TF;
	out->fs_base = t->fsbase;
	out->gs_base = t->gsbase;
}

int arch_ptrace_set_regs(struct task *t, const struct user_regs_struct *new)
{
	struct pt_regs *regs = kstack_user_regs(t->stack);
	unsigned long own = regs->eflags & ~EFLAGS_USER;

	/* Only one kind of code and data segment exists. */
	if (new->cs != USER_CS || new->ss != USER_DS || new->ds || new->es || new->fs || new->gs)
		return -EIO;
	if (new->fs_base >= USER_MAX || new->gs_base >= USER_MAX)
		return -EIO;
	if (ptrace_steps(t))
		own |= regs->eflags & EFLAGS_TF;
	memcpy(regs, new, sizeof(*regs));
	regs->eflags = own | (new->eflags & EFLAGS_USER);
	t->fsbase = new->fs_base;
	t->gsbase = new->gs_base;
	return 0;
}

void arch_ptrace_get_fpregs(struct task *t, struct user_fpregs_struct *out)
{
	fpu_get_legacy(t->fpu, out->fxsave);
}

void arch_ptrace_set_fpregs(struct task *t, const struct user_fpregs_struct *fp)
{
	fpu_set_legacy(t->fpu, fp->fxsave);
}

void arch_ptrace_set_step(struct pt_regs *regs, bool on)
{
	if (on)
		regs->eflags |= EFLAGS_TF;
	else
		regs->eflags &= ~EFLAGS_TF;
}
