/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware breakpoints: the processor's debug registers, for user tasks only.
 *
 * A tracer sets the breakpoints of a stopped tracee (PTRACE_POKEUSER).  They are in the processor
 * while that task runs: if DR7 of a CPU enables a breakpoint, the CPU runs its owner.
 * Breakpoints are not inherited, and exec removes them.
 *
 * Only user addresses are accepted, so the kernel's own code and data cannot hit a breakpoint.
 * Accesses of the kernel to user memory can: such a #DB uses its own stack, whatever the kernel
 * was doing, and is ignored.  So is one that user mode delays into the kernel's entry by a load
 * of SS.
 *
 * Fields of struct debugregs: the tracer writes them under process->lock while the task is
 * stopped.  The task may be killed meanwhile and run: so each word must be valid by itself at
 * every moment.
 */
#include <neurath/arch.h>
#include <neurath/errno.h>
#include <neurath/mm.h>
#include <neurath/ptrace.h>
#include <neurath/task.h>
#include <neurath/vm.h>
#include "debugreg.h"
#include "x86.h"

#define DEBUGREG_ADDRESSES	4
#define DR6_NOTHING		0xffff0ff0UL
#define DR6_HITS		0x0000000fUL
#define DR6_STEP		0x00004000UL
#define DR7_NOTHING		0x00000400UL
/* Enable bits and conditions; without the trap on access to the registers themselves. */
#define DR7_USER		0xffff00ffUL

#define CONDITION_EXECUTE	0
#define CONDITION_IO		2

struct debugregs {
	unsigned long address[DEBUGREG_ADDRESSES];
	unsigned long status;		/* DR6 for the tracer: hits since the tracer cleared it */
	unsigned long control;		/* DR7, bits of DR7_USER */
};

/* ---- the processor ------------------------------------------------------------------ */

static void debugreg_load(const struct debugregs *d)
{
	asm volatile("mov %0, %%dr0" : : "r"(READ_ONCE(d->address[0])));
	asm volatile("mov %0, %%dr1" : : "r"(READ_ONCE(d->address[1])));
	asm volatile("mov %0, %%dr2" : : "r"(READ_ONCE(d->address[2])));
	asm volatile("mov %0, %%dr3" : : "r"(READ_ONCE(d->address[3])));
	asm volatile("mov %0, %%dr7" : : "r"(READ_ONCE(d->control) | DR7_NOTHING) : "memory");
}

static void debugreg_unload(void)
{
	asm volatile("mov %0, %%dr7" : : "r"(DR7_NOTHING) : "memory");
}

void debugreg_switch(struct task *prev, struct task *next)
{
	struct debugregs *d = READ_ONCE(next->debugregs);

	if (prev->debugregs)
		debugreg_unload();
	if (d)
		debugreg_load(d);
}

void debugreg_drop(struct task *task)
{
	struct debugregs *d = task->debugregs;
	unsigned long flags;

	if (!d)
		return;
	flags = irq_save();
	task->debugregs = NULL;
	if (task == current)
		debugreg_unload();
	irq_restore(flags);
	kfree(d);
}

/* ---- hits ----------------------------------------------------------------------------- */

static __always_inline unsigned int debugreg_condition(unsigned long control, int i)
{
	return control >> (16 + 4 * i) & 3;
}

static __always_inline bool debugreg_enabled(unsigned long control, int i)
{
	return control >> (2 * i) & 3;
}

/* notrace: on the stack of #DB, where a second #DB would overwrite the frame of the first. */
notrace bool debugreg_hit(struct pt_regs *regs)
{
	struct debugregs *d = current->debugregs;
	unsigned long dr6, hits = 0;

	asm volatile("mov %%dr6, %0" : "=r"(dr6));
	/* The processor only sets bits in it. */
	asm volatile("mov %0, %%dr6" : : "r"(DR6_NOTHING));
	if (!d)
		return false;
	for (int i = 0; i < DEBUGREG_ADDRESSES; i++) {
		/* A breakpoint that is not enabled may be reported, too. */
		if (!(dr6 & BIT(i)) || !debugreg_enabled(d->control, i))
			continue;
		hits |= BIT(i);
		/* It hit before its instruction, which must run now. */
		if (debugreg_condition(d->control, i) == CONDITION_EXECUTE)
			regs->eflags |= EFLAGS_RF;
	}
	d->status |= hits;
	return hits && !(dr6 & DR6_STEP);
}

/* ---- the tracer's side ---------------------------------------------------------------- */

/* The length in bytes of breakpoint @i. */
static unsigned long debugreg_length(unsigned long control, int i)
{
	static const u8 lengths[] = { 1, 2, 8, 4 };

	return lengths[control >> (18 + 4 * i) & 3];
}

static bool debugreg_is_valid(const struct debugregs *d, unsigned long control, int i)
{
	unsigned int condition = debugreg_condition(control, i);
	unsigned long length = debugreg_length(control, i);

	if (!debugreg_enabled(control, i))
		return true;
	if (condition == CONDITION_IO || (condition == CONDITION_EXECUTE && length != 1))
		return false;
	return d->address[i] % length == 0 && d->address[i] <= USER_MAX - length;
}

static int debugreg_set_control(struct debugregs *d, unsigned long control)
{
	control &= DR7_USER;
	for (int i = 0; i < DEBUGREG_ADDRESSES; i++)
		if (!debugreg_is_valid(d, control, i))
			return -EINVAL;
	WRITE_ONCE(d->control, control);
	return 0;
}

/* A breakpoint that is enabled must stay valid. */
static int debugreg_set_address(struct debugregs *d, unsigned int n, unsigned long address)
{
	unsigned long old = d->address[n];

	if (address >= USER_MAX)
		return -EINVAL;
	WRITE_ONCE(d->address[n], address);
	if (debugreg_is_valid(d, d->control, n))
		return 0;
	WRITE_ONCE(d->address[n], old);
	return -EINVAL;
}

void *arch_ptrace_alloc_debugregs(void)
{
	return kzalloc(sizeof(struct debugregs), GFP_KERNEL);
}

unsigned long arch_ptrace_get_debugreg(struct task *t, unsigned int n)
{
	const struct debugregs *d = t->debugregs;

	if (n == 6)
		return DR6_NOTHING | (d ? d->status : 0);
	if (!d)
		return 0;
	return n < DEBUGREG_ADDRESSES ? d->address[n] : n == 7 ? d->control : 0;
}

int arch_ptrace_set_debugreg(struct task *t, unsigned int n, unsigned long value, void **spare)
{
	struct debugregs *d = t->debugregs;

	if (n == 4 || n == 5)
		return -EIO;		/* other names of 6 and 7 */
	if (!d) {
		d = *spare;
		*spare = NULL;
		WRITE_ONCE(t->debugregs, d);
		/* Takes effect at the switch after ptrace_unlock(); a killed task needs none. */
		WRITE_ONCE(t->switch_extra, true);
	}
	if (n == 6)
		d->status = value & DR6_HITS;
	else if (n == 7)
		return debugreg_set_control(d, value);
	else
		return debugreg_set_address(d, n, value);
	return 0;
}
