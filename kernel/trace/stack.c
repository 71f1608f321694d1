/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stack traces in the trace: their event, and the options that ask for them.  options/NAME holds 0
 * or 1; trace_options lists all, as NAME or noNAME, and accepts either.
 */
#include <neurath/string.h>
#include "internal.h"

static const struct trace_field stack_fields[] = {
	{ .type = "int", .name = "size", .offset = 0, .size = 4, .is_signed = true },
	{ .type = "unsigned long", .name = "caller", .offset = 8,
	  .size = TRACE_STACK_ENTRIES * sizeof(long), .count = TRACE_STACK_ENTRIES },
	{ 0 }
};

static void stack_show(struct seq_file *m, const void *data, unsigned size)
{
	const struct trace_data_stack *e = data;

	seq_puts(m, "<stack trace>");
	for (int i = 0; i < e->size; i++)
		seq_printf(m, "\n => %ps", (void *)(e->caller[i] - 1));
}

SET_ENTRY(trace_event, struct trace_event, trace_event_stack) = {
	.system = "ftrace", .name = "kernel_stack", .point = &trace_point_stack,
	.fields = stack_fields, .size = sizeof(struct trace_data_stack), .show = stack_show,
	.print = "\"=> %ps => %ps => %ps\", (void *)REC->caller[0], (void *)REC->caller[1], "
		 "(void *)REC->caller[2]",
	.fixed_id = TRACE_ID_STACK, .tracer = true,
};

/* ---- options -------------------------------------------------------------------------------- */

static const struct trace_option {
	const char *name;
	bool *value;
} trace_options[] = {
	{ "stacktrace", &trace_stack_of_events },
	{ "func_stack_trace", &trace_stack_of_functions },
};

static int option_show(struct seq_file *m, void *value)
{
	seq_printf(m, "%d\n", READ_ONCE(*(bool *)value));
	return 0;
}

static ssize_t option_store(const char *buf, size_t n, void *value)
{
	unsigned long on;
	int error = kstrtoul(buf, 10, &on);

	if (error || on > 1)
		return trace_refuse("options", buf, n, "is neither 0 nor 1");
	WRITE_ONCE(*(bool *)value, on != 0);
	return (ssize_t)n;
}

static const struct kernfs_file_ops option_ops = { .show = option_show, .store = option_store };
KERNFS_FILE(trace_option_stack, TRACING "/options/stacktrace", S_IFREG | 0644, &option_ops,
	    &trace_stack_of_events);
KERNFS_FILE(trace_option_func_stack, TRACING "/options/func_stack_trace", S_IFREG | 0644,
	    &option_ops, &trace_stack_of_functions);

static int options_show(struct seq_file *m, void *private)
{
	for (unsigned i = 0; i < ARRAY_SIZE(trace_options); i++)
		seq_printf(m, "%s%s\n", READ_ONCE(*trace_options[i].value) ? "" : "no",
			   trace_options[i].name);
	return 0;
}

static ssize_t options_store(const char *buf, size_t n, void *private)
{
	bool on = strncmp(buf, "no", 2) != 0;
	const char *name = on ? buf : buf + 2;
	size_t len = 0;

	while (name[len] && !strchr(" \t\n", name[len]))
		len++;
	for (unsigned i = 0; i < ARRAY_SIZE(trace_options); i++) {
		if (strncmp(name, trace_options[i].name, len) || trace_options[i].name[len])
			continue;
		WRITE_ONCE(*trace_options[i].value, on);
		return (ssize_t)n;
	}
	return trace_refuse("trace_options", name, len, "no such option; the file lists all");
}

static const struct kernfs_file_ops options_ops = { .show = options_show, .store = options_store };
KERNFS_FILE(trace_options_file, TRACING "/trace_options", S_IFREG | 0644, &options_ops, NULL);
