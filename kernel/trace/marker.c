/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_marker: text that a program writes there appears in the trace, among the events of the
 * kernel.  A line that is too long for a record becomes several records.
 */
#include <neurath/string.h>
#include "internal.h"

#define MARKER_TEXT	(TRACE_DATA_MAX - sizeof(unsigned long) - 1)

struct trace_data_print {
	unsigned long ip;		/* the writer; Linux's tools print it as a symbol */
	char buf[];			/* up to its NUL */
};

static const struct trace_field print_fields[] = {
	{ .type = "unsigned long", .name = "ip", .offset = 0, .size = 8 },
	{ .type = "char", .name = "buf", .offset = 8, .size = 0, .count = TRACE_OPEN_ARRAY },
	{ 0 }
};

static void print_show(struct seq_file *m, const void *data, unsigned size)
{
	const struct trace_data_print *e = data;
	size_t room = size - sizeof(*e), n = 0;

	while (n < room && e->buf[n])
		n++;
	while (n && e->buf[n - 1] == '\n')
		n--;
	seq_puts(m, "tracing_mark_write: ");
	seq_write(m, e->buf, n);
}

static struct trace_point trace_point_print = { .on = BIT(TRACE_MAIN) };
SET_ENTRY(trace_event, struct trace_event, trace_event_print) = {
	.system = "ftrace", .name = "print", .point = &trace_point_print, .fields = print_fields,
	.print = "\"%ps: %s\", (void *)REC->ip, REC->buf", .show = print_show,
	.fixed_id = TRACE_ID_PRINT, .tracer = true,
};

/* Writes a program's text into records. */
static void marker_write(const char *text, size_t n)
{
	static union {
		struct trace_data_print data;
		char bytes[TRACE_DATA_MAX];
	} line;				/* (trace_mutex) too large for a stack */
	size_t part;

	for (; n; n -= part, text += part) {
		part = min(n, MARKER_TEXT);
		line.data.ip = (unsigned long)marker_write;
		memcpy(line.data.buf, text, part);
		line.data.buf[part] = '\0';
		trace_write(&trace_point_print, &line, (unsigned)(sizeof(line.data) + part + 1));
	}
}

static ssize_t marker_store(const char *buf, size_t n, void *private)
{
	int error;

	mutex_lock(&trace_mutex);
	error = trace_main_need();
	if (!error)
		marker_write(buf, n);
	mutex_unlock(&trace_mutex);
	return error ? error : (ssize_t)n;
}

static const struct kernfs_file_ops marker_ops = { .store = marker_store };
KERNFS_FILE(trace_marker, "/sys/kernel/tracing/trace_marker", S_IFREG | 0222, &marker_ops, NULL);
