/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reliable unwinder of a frame-pointer kernel (contract: neurath/unwind.h).
 *
 * Each frame is two words: the caller's frame pointer and the return address.  The build proves
 * for every function that it sets up its frame before its first call (tools/framecheck.py).  A
 * task that is off a CPU is in switch_stacks(), below a call.  So its chain of frames is
 * complete.
 *
 *	                       stack top
 *	user task:    | pt_regs of the entry from user mode        |  <- end (a)
 *	              | frame: rbp = &pt_regs | 1, return address   |
 *	kernel thread:| frame: rbp = 0, return into .entry.text      |  <- end (b)
 *	              | ...                                         |
 *	              | frame of schedule()                         |
 *	              | switch frame: r15 r14 r13 r12 rbx rbp ret   |  <- kernel_sp
 *
 * An interrupt or fault in the kernel leaves a pt_regs in the middle, marked by the odd frame
 * pointer.  The interrupted function may be at any instruction; frame_state() decides how much of
 * its frame exists, and so where its return address is.  If it cannot decide, the walk ends as
 * unreliable. (A task sleeps on such a frame only after a fault in a user copy.)
 *
 * If the function graph tracer has hooked a return, its true address is in the return stack of
 * the task (neurath/return_hook.h).
 *
 * No locks; the caller guarantees that the stack does not change (see unwind.h).  All functions
 * are notrace: code that judges hooks has no hooks.
 */
#include <neurath/unwind.h>
#include <neurath/hook.h>
#include <neurath/ksyms.h>
#include <neurath/return_hook.h>
#include <neurath/sched.h>
#include "frame_state.h"

extern const char __entry_text_start[], __entry_text_end[];
extern const char kthread_first_return[], fork_first_return[];

/* The words that switch_stacks() pushes below the frame. */
#define SWITCH_FRAME_WORDS	5
#define FRAME_IS_REGS		1UL

struct unwind {
	unsigned long low, high;	/* bounds of the stack */
	unsigned long frame;		/* the frame pointer to examine next */
	const struct return_stack *hooked;
	unsigned long *entries;
	unsigned n, room;
};

static notrace bool in_range(unsigned long addr, const char *start, const char *end)
{
	return addr >= (unsigned long)start && addr < (unsigned long)end;
}

/* True if @size bytes at @addr are on the stack and @addr is aligned. */
static notrace bool unwind_on_stack(const struct unwind *u, unsigned long addr, size_t size)
{
	return !(addr & 7) && addr >= u->low && addr <= u->high - size;
}

/* The return address at @at, the true one if it is hooked; 0 if it is unknown. */
static notrace unsigned long unwind_return_at(const struct unwind *u, unsigned long at)
{
	unsigned long ret = *(unsigned long *)at;

	return ret == (unsigned long)return_hook_stub ? return_hook_find(u->hooked, at) : ret;
}

static notrace enum unwind_reason unwind_emit(struct unwind *u, unsigned long addr)
{
	if (!kernel_text_address(addr - 1))
		return UNWIND_BAD_ADDRESS;
	if (u->n == u->room)
		return UNWIND_TOO_DEEP;
	u->entries[u->n++] = addr;
	return UNWIND_OK;
}

/*
 * The first code of a task that has not run yet is a start and not a return: + 1 keeps "entry -
 * 1" inside of it.
 */
static notrace unsigned long unwind_start_address(unsigned long addr)
{
	if (addr == (unsigned long)kthread_first_return ||
	    addr == (unsigned long)fork_first_return)
		return addr + 1;
	return addr;
}

/*
 * Steps over a frame at @frame, whose caller's frame pointer is @next; sets *done at the end mark
 * of a kernel thread.
 */
static notrace enum unwind_reason unwind_call(struct unwind *u, unsigned long frame,
					      unsigned long next, bool *done)
{
	unsigned long ret = unwind_return_at(u, frame + sizeof(long));
	enum unwind_reason reason = unwind_emit(u, unwind_start_address(ret));

	if (reason != UNWIND_OK)
		return reason;
	if (next == 0) {
		*done = true;
		/* Only the assembly that starts threads calls with a frame pointer of 0. */
		return in_range(ret, __entry_text_start, __entry_text_end) ? UNWIND_OK
									    : UNWIND_BAD_END;
	}
	/* The stack grows down: a caller's frame is at a higher address. */
	if ((next & ~FRAME_IS_REGS) <= frame)
		return UNWIND_BAD_FRAME;
	u->frame = next;
	return UNWIND_OK;
}

/*
 * At a function of the kernel that was interrupted at @regs.  Without a whole frame, its return
 * address is where the frame that it would build has it.
 */
static notrace enum unwind_reason unwind_interrupted(struct unwind *u, const struct pt_regs *regs,
						     bool *done)
{
	unsigned long sp = regs->rsp;
	enum frame_state state;
	enum unwind_reason reason;

	if (!unwind_on_stack(u, sp, sizeof(long)))
		return UNWIND_BAD_FRAME;
	state = frame_state(regs, *(const unsigned long *)sp);
	if (state == FRAME_UNKNOWN)
		return UNWIND_KERNEL_REGS;
	reason = unwind_emit(u, regs->rip + 1);
	if (reason != UNWIND_OK)
		return reason;
	if (state == FRAME_NONE)
		return unwind_call(u, sp - sizeof(long), regs->rbp, done);
	/* A whole frame is at rbp, which is not below the stack pointer. */
	u->frame = state == FRAME_HALF ? sp : regs->rbp;
	if (u->frame < sp || !unwind_on_stack(u, u->frame, 16))
		return UNWIND_BAD_FRAME;
	return UNWIND_OK;
}

/* At a trap frame: sets *done at the registers of user mode. */
static notrace enum unwind_reason unwind_regs(struct unwind *u, unsigned long addr, bool *done)
{
	const struct pt_regs *regs = (const struct pt_regs *)addr;

	if (!unwind_on_stack(u, addr, sizeof(*regs)))
		return UNWIND_BAD_FRAME;
	if (user_mode(regs)) {
		*done = true;
		return addr + sizeof(*regs) == u->high ? UNWIND_OK : UNWIND_BAD_END;
	}
	/* The interrupted function has not used the stack below its own part. */
	if (regs->rsp < addr + sizeof(*regs))
		return UNWIND_BAD_FRAME;
	return unwind_interrupted(u, regs, done);
}

static notrace enum unwind_reason unwind_step(struct unwind *u, bool *done)
{
	unsigned long frame = u->frame;

	if (frame & FRAME_IS_REGS)
		return unwind_regs(u, frame & ~FRAME_IS_REGS, done);
	if (!unwind_on_stack(u, frame, 16))
		return UNWIND_BAD_FRAME;
	return unwind_call(u, frame, *(unsigned long *)frame, done);
}

static notrace enum unwind_reason unwind_walk(struct unwind *u)
{
	enum unwind_reason reason;
	bool done = false;

	do {
		/* Every step increases u->frame or ends: the stack's size limits the loop. */
		reason = unwind_step(u, &done);
	} while (reason == UNWIND_OK && !done);
	return reason;
}

notrace enum unwind_reason unwind_reliable(struct task *task, unsigned long *entries, unsigned *n)
{
	struct unwind u = { .entries = entries, .room = *n, .hooked = task->returns };
	enum unwind_reason reason;

	*n = 0;
	if (!task->stack)
		return UNWIND_OK;	/* dead: no return happens */
	u.low = (unsigned long)task->stack;
	u.high = u.low + KSTACK_SIZE;
	if (task == current)
		u.frame = (unsigned long)__builtin_frame_address(0);
	else if (task_running(task))
		return UNWIND_RUNNING;
	else
		u.frame = task->kernel_sp + SWITCH_FRAME_WORDS * sizeof(long);
	reason = unwind_walk(&u);
	*n = u.n;
	return reason;
}

/* ---- guesses, which need not be reliable ------------------------------------------- */

/* The place of the return address of an interrupted function without its frame, else 0. */
static notrace unsigned long frameless_return_at(const struct unwind *u,
						 const struct pt_regs *regs)
{
	unsigned long sp = regs->rsp;

	if (!unwind_on_stack(u, sp, 16) ||
	    in_range(regs->rip, __entry_text_start, __entry_text_end))
		return 0;
	/* A jump to an invalid address: the call's return address is on top of the stack. */
	if (!kernel_text_address(regs->rip))
		return sp;
	switch (frame_state(regs, *(const unsigned long *)sp)) {
	case FRAME_NONE:
		return sp;
	case FRAME_HALF:
		return sp + sizeof(long);
	default:
		return 0;
	}
}

/* Adds the interrupted function, and its caller if no frame leads to the caller. */
static notrace void guess_interrupted(struct unwind *u, const struct pt_regs *regs)
{
	unsigned long at = frameless_return_at(u, regs);

	if (u->n < u->room)
		u->entries[u->n++] = regs->rip + 1;
	if (at)
		(void)unwind_emit(u, unwind_return_at(u, at));
	u->frame = regs->rbp;
}

/* Addresses on the stack that a chain of frames leads to; cannot fault or loop. */
notrace unsigned unwind_guess(struct task *task, const struct pt_regs *regs,
			      unsigned long *entries, unsigned max)
{
	struct unwind u = { .entries = entries, .room = max, .hooked = task->returns };

	u.low = (unsigned long)task->stack;
	u.high = u.low + KSTACK_SIZE;
	if (regs)
		guess_interrupted(&u, regs);
	else if (task == current)
		u.frame = (unsigned long)__builtin_frame_address(0);
	else
		u.frame = task->kernel_sp + SWITCH_FRAME_WORDS * sizeof(long);
	while (u.n < max) {
		bool done = false;
		enum unwind_reason reason = unwind_step(&u, &done);
		unsigned long inner = u.frame & ~FRAME_IS_REGS;

		if (done)
			break;
		if (reason == UNWIND_KERNEL_REGS)
			guess_interrupted(&u, (const struct pt_regs *)inner);
		else if (reason != UNWIND_OK)
			break;
	}
	return u.n;
}
