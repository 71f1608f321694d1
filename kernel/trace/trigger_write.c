/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Triggers run behind the record of their event, in any context, NMIs included: trigger.c. */
#include <neurath/atomic.h>
#include <neurath/hook.h>
#include "trigger.h"

struct trace_trigger triggers[TRIGGERS_MAX];

/* True if the trigger may act once more. */
static notrace bool trigger_take(struct trace_trigger *t)
{
	int left = READ_ONCE(t->left);

	while (left > 0 && !__atomic_compare_exchange_n(&t->left, &left, left - 1, false,
							__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return left != 0;
}

/* No switch statement: its table of jumps is nothing for an NMI. */
static notrace void trigger_act(const struct trace_trigger *t)
{
	if (t->action == TRACEON || t->action == TRACEOFF)
		trace_main_switch(t->action == TRACEON);
	else if (t->action == STACKTRACE)
		trace_write_stack();
	else
		trace_point_set(t->target->point, TRACE_MAIN, t->action == ENABLE_EVENT);
}

notrace void trace_triggers_run(const struct trace_point *point, const void *data)
{
	for (struct trace_trigger *t = triggers; t < triggers + TRIGGERS_MAX; t++)
		/* Pairs with the release in trigger_add(): the rest of the place is complete. */
		if (smp_load_acquire(&t->point) == point &&
		    filter_passes(t->filter, point, data) && trigger_take(t))
			trigger_act(t);
}
