// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reliable unwinder of a frame-pointer kernel (contract: neurath/unwind.h).
 *
 * Each frame is two words: the caller's frame pointer and the return address.
 * The build proves for every function that it sets its frame up before its
 * first call (tools/framecheck.py), and a task that is off a CPU stands in
 * switch_stacks(), below a call: its chain of frames is complete.
 *
 *	                       stack top
 *	user task:    | pt_regs of the entry from user mode        |  <- end (a)
 *	              | frame: rbp = &pt_regs | 1, return address   |
 *	kernel thread:| frame: rbp = 0, return into .text.entry      |  <- end (b)
 *	              | ...                                         |
 *	              | frame of schedule()                         |
 *	              | switch frame: r15 r14 r13 r12 rbx rbp ret   |  <- kernel_sp
 *
 * An interrupt or fault taken in the kernel leaves a pt_regs in the middle, marked
 * by the odd frame pointer.  The interrupted function may have been between its
 * entry and its frame, so the walk gives up, with one exception: the user-copy
 * routines in .text.uaccess touch user memory only after their frame is built,
 * so a fault there (the one case in which a task sleeps on such a frame) is walked.
 *
 * No locks; the caller guarantees that the stack does not change (see unwind.h).
 * notrace throughout: the judge of hooks is not hooked.
 */
#include <neurath/unwind.h>
#include <neurath/hook.h>
#include <neurath/ksyms.h>
#include <neurath/sched.h>

extern const char __entry_text_start[], __entry_text_end[];
extern const char __uaccess_text_start[], __uaccess_text_end[];
extern const char kthread_first_return[], fork_first_return[];

/* Words that switch_stacks() pushes below the frame. */
#define SWITCH_FRAME_WORDS	5
#define FRAME_IS_REGS		1UL

struct unwind {
	unsigned long low, high;	/* bounds of the stack */
	unsigned long frame;		/* frame pointer to look at next */
	unsigned long *entries;
	unsigned n, room;
};

static notrace bool in_range(unsigned long addr, const char *start, const char *end)
{
	return addr >= (unsigned long)start && addr < (unsigned long)end;
}

notrace const char *unwind_reason_text(enum unwind_reason reason)
{
	switch (reason) {
	case UNWIND_OK:
		return "reliable";
	case UNWIND_RUNNING:
		return "is running";
	case UNWIND_KERNEL_REGS:
		return "interrupted in the kernel";
	case UNWIND_BAD_ADDRESS:
		return "return address outside kernel text";
	case UNWIND_BAD_FRAME:
		return "broken frame pointer";
	case UNWIND_BAD_END:
		return "no known end of the stack";
	case UNWIND_TOO_DEEP:
		return "stack too deep";
	}
	return "unknown";
}

/* @size bytes at @addr lie on the stack and @addr is aligned. */
static notrace bool unwind_on_stack(const struct unwind *u, unsigned long addr, size_t size)
{
	return !(addr & 7) && addr >= u->low && addr <= u->high - size;
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
 * The first code of a task that has not run yet is a start, not a return: + 1 keeps
 * "entry - 1" inside.
 */
static notrace unsigned long unwind_start_address(unsigned long addr)
{
	if (addr == (unsigned long)kthread_first_return ||
	    addr == (unsigned long)fork_first_return)
		return addr + 1;
	return addr;
}

/* A trap frame was met: *done at the registers of user mode. */
static notrace enum unwind_reason unwind_regs(struct unwind *u, unsigned long addr, bool *done)
{
	const struct pt_regs *regs = (const struct pt_regs *)addr;

	if (!unwind_on_stack(u, addr, sizeof(*regs)))
		return UNWIND_BAD_FRAME;
	if (user_mode(regs)) {
		*done = true;
		return addr + sizeof(*regs) == u->high ? UNWIND_OK : UNWIND_BAD_END;
	}
	if (!in_range(regs->rip, __uaccess_text_start, __uaccess_text_end))
		return UNWIND_KERNEL_REGS;
	if ((regs->rbp & ~FRAME_IS_REGS) <= addr)
		return UNWIND_BAD_FRAME;
	u->frame = regs->rbp;
	return unwind_emit(u, regs->rip + 1);
}

static notrace enum unwind_reason unwind_step(struct unwind *u, bool *done)
{
	unsigned long frame = u->frame, next, ret;
	enum unwind_reason reason;

	if (frame & FRAME_IS_REGS)
		return unwind_regs(u, frame & ~FRAME_IS_REGS, done);
	if (!unwind_on_stack(u, frame, 16))
		return UNWIND_BAD_FRAME;
	next = ((unsigned long *)frame)[0];
	ret = ((unsigned long *)frame)[1];
	reason = unwind_emit(u, unwind_start_address(ret));
	if (reason != UNWIND_OK)
		return reason;
	if (next == 0) {
		*done = true;
		/* Only the assembly that starts threads calls with an empty frame pointer. */
		return in_range(ret, __entry_text_start, __entry_text_end) ? UNWIND_OK
									    : UNWIND_BAD_END;
	}
	/* The stack grows down: a caller's frame stands strictly above. */
	if ((next & ~FRAME_IS_REGS) <= frame)
		return UNWIND_BAD_FRAME;
	u->frame = next;
	return UNWIND_OK;
}

static notrace enum unwind_reason unwind_walk(struct unwind *u)
{
	enum unwind_reason reason;
	bool done = false;

	do {
		/* Every step moves u->frame up or ends: bounded by the stack's size. */
		reason = unwind_step(u, &done);
	} while (reason == UNWIND_OK && !done);
	return reason;
}

notrace enum unwind_reason unwind_reliable(struct task *task, unsigned long *entries, unsigned *n)
{
	struct unwind u = { .entries = entries, .room = *n };
	enum unwind_reason reason;

	*n = 0;
	if (!task->stack)
		return UNWIND_OK;	/* dead: it returns into nothing */
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

/* Any address on the stack that some frame chain leads to; never faults, never loops. */
notrace unsigned unwind_guess(struct task *task, const struct pt_regs *regs,
			      unsigned long *entries, unsigned max)
{
	struct unwind u = { .entries = entries, .room = max };

	u.low = (unsigned long)task->stack;
	u.high = u.low + KSTACK_SIZE;
	if (regs) {
		if (max)
			entries[u.n++] = regs->rip + 1;
		u.frame = regs->rbp;
	} else if (task == current) {
		u.frame = (unsigned long)__builtin_frame_address(0);
	} else {
		u.frame = task->kernel_sp + SWITCH_FRAME_WORDS * sizeof(long);
	}
	while (u.n < max) {
		bool done = false;
		enum unwind_reason reason = unwind_step(&u, &done);
		const struct pt_regs *inner = (const void *)(u.frame & ~FRAME_IS_REGS);

		if (done)
			break;
		if (reason == UNWIND_KERNEL_REGS) {
			u.frame = inner->rbp;
			if (u.n < max)
				u.entries[u.n++] = inner->rip + 1;
		} else if (reason != UNWIND_OK) {
			break;
		}
	}
	return u.n;
}
