/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of call chains: behind each event, or behind each traced call, if an option is set.
 *
 * An NMI may write a record.  So the walk takes no lock and looks up no symbol, unlike the
 * unwinder.  It follows the frame pointers within the stack of the current task, and stops at the
 * first one that points elsewhere.  In a function that an interrupt has met before its frame was
 * built, the walk misses the caller.
 */
#include <neurath/hook.h>
#include <neurath/ptregs.h>
#include <neurath/return_hook.h>
#include <neurath/task.h>
#include "internal.h"

bool trace_stack_of_events, trace_stack_of_functions;
struct trace_point trace_point_stack = { .on = BIT(TRACE_MAIN), .id = TRACE_ID_STACK };

#define FRAME_IS_REGS	1UL		/* the frame pointer that a trap leaves */

/* The return address behind @frame, or the place of the interrupt; *@next: the caller's frame. */
static __always_inline unsigned long stack_step(unsigned long frame, unsigned long *next)
{
	const unsigned long *words = (const unsigned long *)frame;
	const struct pt_regs *regs = (const struct pt_regs *)(frame & ~FRAME_IS_REGS);

	if (frame & FRAME_IS_REGS) {
		*next = regs->rbp;
		return user_mode(regs) ? 0 : regs->rip + 1;
	}
	*next = words[0];
	if (words[1] == (unsigned long)return_hook_stub)
		return return_hook_find(current->returns, (unsigned long)&words[1]);
	return words[1];
}

notrace void trace_write_stack(void)
{
	unsigned long low = (unsigned long)current->stack, next, ret;
	unsigned long frame = (unsigned long)__builtin_frame_address(0);
	const unsigned long room = KSTACK_SIZE - sizeof(struct pt_regs);
	struct trace_data_stack data = { .size = 0 };

	while (data.size < TRACE_STACK_ENTRIES && frame - low <= room) {
		ret = stack_step(frame, &next);
		if (!ret)
			break;
		WRITE_ONCE(data.caller[data.size++], ret);
		if ((next & ~FRAME_IS_REGS) <= (frame & ~FRAME_IS_REGS))
			break;
		frame = next;
	}
	/* Linux's tools stop at the first -1. */
	for (int i = data.size; i < TRACE_STACK_ENTRIES; i++)
		WRITE_ONCE(data.caller[i], -1UL);
	trace_write_plain(&trace_point_stack, &data, sizeof(data));
}
