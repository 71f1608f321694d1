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
 * pointer.  The interrupted function may have been between its entry and its frame, so the walk
 * ends as unreliable, with one exception: the user-copy routines in .uaccess.text access user
 * memory only after their frame is built, so a walk passes a fault there. (Only there a task
 * sleeps on such a frame.)
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

extern const char __entry_text_start[], __entry_text_end[];
extern const char __uaccess_text_start[], __uaccess_text_end[];
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
	ret = unwind_return_at(u, frame + sizeof(long));
	reason = unwind_emit(u, unwind_start_address(ret));
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

/*
 * GCC moves instructions before and between the two that make a frame, but only a few.
 * framecheck.py proves that the first such bytes in a function are the second instruction, mov
 * %rsp,%rbp.
 */
#define FRAME_SEARCHED	64
#define FRAME_SET_BYTES	3

/* The offset from which the function at [start, start + size) has its frame; 0: none. */
static notrace unsigned long frame_complete_at(unsigned long start, unsigned long size)
{
	unsigned long end = start + (size < FRAME_SEARCHED ? size : FRAME_SEARCHED);

	for (unsigned long at = start; at + FRAME_SET_BYTES <= end; at++) {
		const u8 *p = (const u8 *)at;

		if (p[0] == 0x48 && p[1] == 0x89 && p[2] == 0xe5)
			return at + FRAME_SET_BYTES;
	}
	return 0;
}

/*
 * If a function was interrupted without its frame, the frame pointer is its caller's: returns the
 * place of the return address. 0 if the function has its frame.
 */
static notrace unsigned long frameless_return_at(const struct unwind *u,
						 const struct pt_regs *regs)
{
	unsigned long rip = regs->rip, sp = regs->rsp, complete;
	struct ksym sym;

	if (!unwind_on_stack(u, sp, 16) || in_range(rip, __entry_text_start, __entry_text_end))
		return 0;
	/* A jump to an invalid address: the call's return address is on top of the stack. */
	if (!kernel_text_address(rip))
		return sp;
	if (!ksym_lookup(rip, &sym) || *(const u8 *)rip == 0xc3)	/* ret */
		return sp;
	complete = frame_complete_at(sym.start, sym.size);
	if (complete && rip >= complete)
		return 0;
	/* After the push, the caller's frame pointer is below the return address. */
	return *(unsigned long *)sp == regs->rbp ? sp + 8 : sp;
}

/* Adds the interrupted function, and its caller if no frame leads to the caller. */
static notrace void unwind_interrupted(struct unwind *u, const struct pt_regs *regs)
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
		unwind_interrupted(&u, regs);
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
			unwind_interrupted(&u, (const struct pt_regs *)inner);
		else if (reason != UNWIND_OK)
			break;
	}
	return u.n;
}
