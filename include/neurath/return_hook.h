/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooked returns: the function graph tracer puts the address of return_hook_stub in the place of
 * a function's return address, and keeps the true one beside the stack, in the task's return
 * stack.  When the function returns, the stub records that and goes on to the true address.
 *
 *	stack of the task			its return stack (struct return_stack)
 *	| frame of A  | return into B: stub | <---- at | ret: into B | func: A | begun
 *	| frame of B  | return into C: stub | <---- at | ret: into C | func: B | begun
 *	| frame of C  | return into D       |		C is not traced
 *
 * An entry belongs to the place of the return address, not to a depth.  So a reader of a
 * stack finds the true address of each hooked return: return_hook_find().  Hooked returns do
 * not make a stack unreliable.
 *
 * Only the task itself and its interrupts write its return stack.  An interrupt removes its own
 * entries before it returns.  So no lock is needed.  A reader of another task's return stack keeps
 * that task off the CPUs.  Code that leaves all frames of a stack calls return_hooks_forget().
 */
#ifndef NEURATH_RETURN_HOOK_H
#define NEURATH_RETURN_HOOK_H

#include <neurath/compiler.h>
#include <neurath/types.h>

struct return_entry {
	unsigned long *at;		/* where the return address lies */
	unsigned long ret;		/* what was there */
	unsigned long func;		/* who returns; one place may be hooked for two functions */
	u64 begun;			/* tsc of the call */
};

/* Calls that lie deeper are not hooked. */
#define RETURN_STACK_DEPTH	60

struct return_stack {
	/* Together, so that one read is what a record tells. */
	unsigned depth;
	unsigned overrun;		/* calls that were too deep */
	struct return_entry entry[RETURN_STACK_DEPTH + 1];	/* from 1 on; 0 is not used */
};

/* arch/x86_64/return_hook.S: returned into, never called. */
extern const char return_hook_stub[];

/* The true address of the hooked return at @at: 0 if there is none.  Inline: unwinders call it. */
static __always_inline unsigned long return_hook_find(const struct return_stack *s,
						      unsigned long at)
{
	for (unsigned i = s ? s->depth : 0; i > 0; i--)
		/* With two for one place, the stub is what the later one has found there. */
		if ((unsigned long)s->entry[i].at == at &&
		    s->entry[i].ret != (unsigned long)return_hook_stub)
			return s->entry[i].ret;
	return 0;
}

/* ---- kernel/trace/graph_write.c ------------------------------------------------------------ */
/* current is about to leave all frames of its stack for good. (irqs off) */
void return_hooks_forget(void);
/* What was at @at of current's stack, where the stub is now. (any) */
unsigned long return_hook_true(unsigned long at) __attribute__((pure));

/* __builtin_return_address(0) of a function that may be traced. */
#define RETURN_ADDRESS() ({ \
	unsigned long ret_ = (unsigned long)__builtin_return_address(0); \
									\
	if (unlikely(ret_ == (unsigned long)return_hook_stub)) \
		ret_ = return_hook_true((unsigned long)__builtin_frame_address(0) + \
					sizeof(long)); \
	ret_; })

/* Called by the stubs, for a function that begins, and for one that returns: where to. (any) */
void trace_graph_enter(unsigned long func, unsigned long *at);
unsigned long trace_graph_return(unsigned long *at);

/* ---- kernel/sched/return_stack.c ------------------------------------------------------------ */
/* Every task has a return stack from now on, or -ENOMEM. (task) */
int return_stacks_need(void);
/* current begins to run. (task) */
void return_stack_first_run(void);

#endif
