/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * futexes.c - scenes of kernel/process/futex.c.  A broken rule loses a wake-up, and then all tasks wait.  As in a C library, a
 * program reads its word before it sleeps, and relies on the kernel to read the word again.
 */
#include "stage.h"
#include <neurath/errno.h>
#include <neurath/futex.h>
#include <neurath/init.h>
#include <neurath/sched.h>

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_CMP_REQUEUE	4
#define FUTEX_PRIVATE		128

long __x64_sys_futex(const struct pt_regs *regs);

static char futex_mm[4096];		/* an address space: only its address matters */
static u32 gate, second;
static unsigned waiters_left;

static long futex(u32 *word, int op, u32 value, unsigned long more, u32 *other, u32 expected)
{
	struct pt_regs regs = { .rdi = (unsigned long)word, .rsi = (unsigned long)(op | FUTEX_PRIVATE), .rdx = value,
				.r10 = more, .r8 = (unsigned long)other, .r9 = expected };

	current->mm = (struct mm *)futex_mm;
	return __x64_sys_futex(&regs);
}

static void sys_wait_for_gate(void)
{
	long error = futex(&gate, FUTEX_WAIT, 0, 0, NULL, 0);

	if (error && error != -EAGAIN && error != -ERESTARTSYS)
		violation("FUTEX_WAIT: %ld", error);
	current->restart.arg[0] = !error;
	note("FUTEX_WAIT: %ld", error);
}

static void sys_wake_gate(void)
{
	note("FUTEX_WAKE: %ld", futex(&gate, FUTEX_WAKE, 1, 0, NULL, 0));
}

static void sys_wake_second(void)
{
	note("FUTEX_WAKE of the second: %ld", futex(&second, FUTEX_WAKE, 1, 0, NULL, 0));
}

static void waiter_ends(void)
{
	if (!--waiters_left)
		scene_done = true;
	do_exit(0);
}

/* A task that was woken wakes the next one. If a task finds the gate open, the kernel must pass on a wake-up for it. */
static void program_waiter(void)
{
	while (!READ_ONCE(gate))
		machine_syscall(sys_wait_for_gate);
	if (current->restart.arg[0])
		machine_syscall(sys_wake_gate);
	machine_syscall(sys_wake_second);
	machine_syscall(waiter_ends);
}

static void program_opener(void)
{
	machine_syscall(nothing);
	WRITE_ONCE(gate, 1);
	machine_syscall(sys_wake_gate);
	machine_syscall(sys_exit);
}

static void boot_waiters(void (*opener)(void))
{
	boot_kernel();
	futex_init();
	waiters_left = 2;
	spawn("waiter", program_waiter, CPU1);
	spawn("second waiter", program_waiter, CPU0);
	spawn("opener", opener, CPU0);
	machine_ready();
}

void boot_futex(void)
{
	boot_waiters(program_opener);
}

/* ---- requeue: one is woken, the other one moved -------------------------------------------------- */

static void sys_requeue(void)
{
	long moved = futex(&gate, FUTEX_CMP_REQUEUE, 1, 1, &second, 1);

	if (moved < 0)
		violation("FUTEX_CMP_REQUEUE: %ld", moved);
	note("FUTEX_CMP_REQUEUE: %ld", moved);
}

static void program_moves(void)
{
	prelude();
	WRITE_ONCE(gate, 1);
	machine_syscall(sys_requeue);
	machine_syscall(sys_exit);
}

void boot_requeue(void)
{
	boot_waiters(program_moves);
}
