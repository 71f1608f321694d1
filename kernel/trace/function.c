/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event of the function tracer; Linux's tools know it by its number. */
#include "internal.h"

#define FUNCTION(F, A, T)	F(T, unsigned long, ip) F(T, unsigned long, parent_ip)
TRACE_RECORD(function, FUNCTION);

static const struct trace_field function_fields[] = {
	FUNCTION(TRACE_ROW, TRACE_ROW_ARRAY, struct trace_data_function) { 0 }
};

static void function_show(struct seq_file *m, const void *data, unsigned size)
{
	const struct trace_data_function *e = data;

	seq_printf(m, "%ps <-%ps", (void *)e->ip, (void *)e->parent_ip);
}

SET_ENTRY(trace_event, struct trace_event, trace_event_function) = {
	.system = "ftrace", .name = "function", .point = &trace_point_function,
	.fields = function_fields, .size = sizeof(struct trace_data_function),
	.print = "\" %ps <-- %ps\", (void *)REC->ip, (void *)REC->parent_ip",
	.show = function_show, .fixed_id = TRACE_ID_FUNCTION, .tracer = true,
};
