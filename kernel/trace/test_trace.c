/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests inside the kernel: the table of events. */
#include <neurath/ktest.h>
#include "internal.h"

KTEST(trace_formats_are_understood)
{
	SET_FOREACH(struct trace_event, event, trace_event)
		if (!trace_print_check(event))
			ktest_failed(event->name, 0, event->print);
}
