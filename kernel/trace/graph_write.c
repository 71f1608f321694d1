/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function graph tracer at the entry and at the return of a function (contract:
 * neurath/return_hook.h): it writes the return stack of the task, and a record for each of both.
 *
 * An interrupt may come at any instruction, and traced functions run in it.  The interrupt uses
 * the entries above those of the task, and releases them before the task continues.  So an entry
 * is taken before it is filled, and released after it is read.
 */
#include <neurath/bug.h>
#include <neurath/return_hook.h>
#include "writer.h"

struct trace_point trace_point_graph_entry = { .id = TRACE_ID_GRAPH_ENTRY };
struct trace_point trace_point_graph_exit = { .id = TRACE_ID_GRAPH_EXIT };
unsigned trace_graph_depth = RETURN_STACK_DEPTH;

/* Too deep, or deeper than asked for. */
static notrace void graph_overrun(struct return_stack *s)
{
	if (s->depth == RETURN_STACK_DEPTH)
		s->overrun++;
}

notrace void trace_graph_enter(unsigned long func, unsigned long *at)
{
	const struct task *t = current;
	struct return_stack *s = t->returns;
	struct return_entry *e;
	unsigned depth;

	if (unlikely(!s))
		return;
	depth = s->depth;
	e = &s->entry[depth + 1];
	/* The same call once more: a selector was sent back to the slot. */
	if (unlikely(*at == (unsigned long)return_hook_stub) && e[-1].at == at &&
	    e[-1].func == func)
		return;
	if (unlikely(depth >= trace_graph_depth)) {
		graph_overrun(s);
		return;
	}
	/*
	 * Until it is complete the entry has no place: the one that it had last may be @at, and
	 * @at is hooked already if a function that was hooked there has jumped to @func.
	 */
	WRITE_ONCE(e->at, NULL);
	barrier();
	WRITE_ONCE(s->depth, depth + 1);
	e->ret = *at;
	e->func = func;
	e->begun = tracer_write(TRACE_ID_GRAPH_ENTRY, t, func, depth, NULL);
	barrier();
	WRITE_ONCE(e->at, at);
	/* The entry is complete before it can be found. */
	smp_store_release(at, (unsigned long)return_hook_stub);
}

static notrace void __noreturn graph_lost(const unsigned long *at)
{
	panic("tracing: nobody knows where the function that returned at %px was called", at);
}

notrace unsigned long trace_graph_return(unsigned long *at)
{
	const struct task *t = current;
	struct return_stack *s = t->returns;
	u64 depth_and_overrun = READ_ONCE(*(u64 *)s);
	struct return_entry *e = &s->entry[(unsigned)depth_and_overrun];
	unsigned long ret = e->ret;

	/* If the stack is empty, the entry is the unused one. */
	if (unlikely(e->at != at))
		graph_lost(at);
	depth_and_overrun--;
	/* The time of its return is that of the record: ring.c adds it. */
	if (trace_is_on(graph_exit))
		tracer_write(TRACE_ID_GRAPH_EXIT, t, e->func, depth_and_overrun, &e->begun);
	smp_store_release(&s->depth, (unsigned)depth_and_overrun);
	return ret;
}

void trace_graph_record_returns(bool on)
{
	WRITE_ONCE(trace_point_graph_exit.on, on ? BIT(TRACE_MAIN) : 0);
}

notrace unsigned long return_hook_true(unsigned long at)
{
	return return_hook_find(current->returns, at);
}

notrace void return_hooks_forget(void)
{
	if (current->returns)
		WRITE_ONCE(current->returns->depth, 0);
}
