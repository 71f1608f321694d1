/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of the function graph tracer as events that Linux's tools know by their numbers, and
 * as Linux's text: a function that calls no other that is traced is one line, others have braces
 * around what they call.
 *
 *	 1)               |  cmdline_proc_show() {
 *	 1)   0.640 us    |    seq_printf();
 *	 1) + 12.345 us   |  }
 */
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/return_hook.h>
#include <neurath/string.h>
#include "internal.h"

#define GRAPH_ENTRY(F, A, T)	F(T, unsigned long, func) F(T, int, depth)
#define GRAPH_EXIT(F, A, T) \
	F(T, unsigned long, func) F(T, int, depth) F(T, unsigned int, overrun) \
	F(T, u64, calltime) F(T, u64, rettime)
TRACE_RECORD(graph_entry, GRAPH_ENTRY);
TRACE_RECORD(graph_exit, GRAPH_EXIT);

static const struct trace_field graph_entry_fields[] = {
	GRAPH_ENTRY(TRACE_ROW, TRACE_ROW_ARRAY, struct trace_data_graph_entry) { 0 }
};
static const struct trace_field graph_exit_fields[] = {
	GRAPH_EXIT(TRACE_ROW, TRACE_ROW_ARRAY, struct trace_data_graph_exit) { 0 }
};

SET_ENTRY(trace_event, struct trace_event, trace_event_graph_entry) = {
	.system = "ftrace", .name = "funcgraph_entry", .point = &trace_point_graph_entry,
	.fields = graph_entry_fields, .size = sizeof(struct trace_data_graph_entry),
	.print = "\"--> %ps (%d)\", (void *)REC->func, REC->depth",
	.fixed_id = TRACE_ID_GRAPH_ENTRY, .tracer = true,
};
SET_ENTRY(trace_event, struct trace_event, trace_event_graph_exit) = {
	.system = "ftrace", .name = "funcgraph_exit", .point = &trace_point_graph_exit,
	.fields = graph_exit_fields, .size = sizeof(struct trace_data_graph_exit),
	.print = "\"<-- %ps (%d) (start: %llx  end: %llx) over: %d\", (void *)REC->func, "
		 "REC->depth, REC->calltime, REC->rettime, REC->depth",
	.fixed_id = TRACE_ID_GRAPH_EXIT, .tracer = true,
};

/* ---- text ------------------------------------------------------------------------------- */

/* The state of a reader for a CPU. */
struct graph_cpu {
	pid_t pid;			/* of the task of the last line; -1: none yet */
	unsigned depth;			/* the indentation of its next line */
	unsigned long func[RETURN_STACK_DEPTH];	/* the open function at each depth */
};

struct graph_cpu *trace_graph_text_new(void)
{
	struct graph_cpu *cpus = vzalloc(nr_cpus * sizeof(*cpus));

	for (unsigned cpu = 0; cpus && cpu < nr_cpus; cpu++)
		cpus[cpu].pid = -1;
	return cpus;
}

void trace_graph_text_free(struct graph_cpu *cpus)
{
	vfree(cpus);
}

void trace_graph_show_header(struct seq_file *m)
{
	seq_puts(m, "# tracer: function_graph\n#\n"
		    "# CPU  DURATION                  FUNCTION CALLS\n"
		    "# |     |   |                     |   |   |   |\n");
}

/* Another task is on the CPU. */
static void graph_show_switch(struct seq_file *m, unsigned cpu, pid_t from, pid_t to)
{
	char prev[TASK_COMM_LEN], next[TASK_COMM_LEN];

	trace_comm_of(from, prev);
	trace_comm_of(to, next);
	seq_printf(m, " ------------------------------------------\n"
		      "%2u) %10s-%-6d => %10s-%-6d\n"
		      " ------------------------------------------\n\n",
		   cpu, prev, from, next, to);
}

/* Marks what took long, as Linux does. */
static char graph_mark(u64 ns)
{
	static const struct {
		u64 more_than;
		char mark;
	} marks[] = {
		{ NSEC_PER_SEC, '$' }, { 100 * NSEC_PER_MSEC, '@' }, { 10 * NSEC_PER_MSEC, '*' },
		{ NSEC_PER_MSEC, '#' }, { 100 * NSEC_PER_USEC, '!' }, { 10 * NSEC_PER_USEC, '+' },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(marks); i++)
		if (ns > marks[i].more_than)
			return marks[i].mark;
	return ' ';
}

/* "CPU) DURATION |": up to three digits behind the point, and at most seven in all. */
static void graph_show_start(struct seq_file *m, unsigned cpu, bool timed, u64 ns)
{
	char text[32];
	unsigned len, point;

	seq_printf(m, "%2u) ", cpu);
	if (!timed) {
		seq_printf(m, "%14s|  ", "");
		return;
	}
	point = (unsigned)snprintf(text, sizeof(text), "%lu.", ns / NSEC_PER_USEC);
	snprintf(text + point, sizeof(text) - point, "%03lu", ns % NSEC_PER_USEC);
	len = max(min(point + 3, 8U), point - 1);
	seq_printf(m, "%c %.*s us %*s|  ", graph_mark(ns), (int)len, text,
		   len < 8 ? (int)(8 - len) : 0, "");
}

static void graph_indent(struct seq_file *m, unsigned depth)
{
	seq_printf(m, "%*s", (int)(2 * depth), "");
}

static void graph_show_entry(struct seq_file *m, struct graph_cpu *g, struct trace_cursor *c,
			     const struct trace_item *item)
{
	const struct trace_data_graph_entry *e = (const void *)item->data;
	const struct trace_item *next = trace_cursor_peek(c);
	const struct trace_data_graph_exit *r = next ? (const void *)next->data : NULL;
	bool leaf = next && next->common.type == TRACE_ID_GRAPH_EXIT && !next->lost &&
		    next->common.pid == item->common.pid && r->func == e->func &&
		    r->depth == e->depth;

	graph_show_start(m, item->cpu, leaf, leaf ? r->rettime - r->calltime : 0);
	graph_indent(m, (unsigned)e->depth);
	seq_printf(m, "%ps()%s\n", (void *)e->func, leaf ? ";" : " {");
	g->depth = (unsigned)e->depth + !leaf;
	if ((unsigned)e->depth < RETURN_STACK_DEPTH)
		g->func[e->depth] = leaf ? 0 : e->func;
	if (leaf)
		trace_cursor_skip(c);
}

static void graph_show_exit(struct seq_file *m, struct graph_cpu *g,
			    const struct trace_item *item)
{
	const struct trace_data_graph_exit *r = (const void *)item->data;
	unsigned depth = (unsigned)r->depth % RETURN_STACK_DEPTH;

	graph_show_start(m, item->cpu, true, r->rettime - r->calltime);
	graph_indent(m, depth);
	/* Its beginning was not shown: say who it is. */
	if (g->func[depth] == r->func)
		seq_puts(m, "}\n");
	else
		seq_printf(m, "} /* %ps */\n", (void *)r->func);
	g->func[depth] = 0;
	g->depth = depth;
}

void trace_graph_show_item(struct seq_file *m, struct graph_cpu *cpus, struct trace_cursor *c,
			   const struct trace_item *item)
{
	const struct trace_event *event = trace_event_of(item->common.type);
	struct graph_cpu *g = &cpus[item->cpu];

	if (item->lost)
		seq_printf(m, "CPU:%u [LOST %lu EVENTS]\n", item->cpu, item->lost);
	if (g->pid != -1 && g->pid != item->common.pid)
		graph_show_switch(m, item->cpu, g->pid, item->common.pid);
	g->pid = item->common.pid;
	if (item->common.type == TRACE_ID_GRAPH_ENTRY) {
		graph_show_entry(m, g, c, item);
	} else if (item->common.type == TRACE_ID_GRAPH_EXIT) {
		graph_show_exit(m, g, item);
	} else if (event) {
		graph_show_start(m, item->cpu, false, 0);
		graph_indent(m, g->depth);
		seq_puts(m, "/* ");
		if (!event->tracer)
			seq_printf(m, "%s: ", event->name);
		trace_print(m, event, item->data, trace_item_size(event, item));
		seq_puts(m, " */\n");
	}
}

/* ---- max_graph_depth ---------------------------------------------------------------------- */

static int graph_depth_show(struct seq_file *m, void *private)
{
	unsigned depth = READ_ONCE(trace_graph_depth);

	seq_printf(m, "%u\n", depth == RETURN_STACK_DEPTH ? 0 : depth);
	return 0;
}

/* 0: as deep as it goes. */
static ssize_t graph_depth_store(const char *buf, size_t n, void *private)
{
	unsigned long depth;
	int error = kstrtoul(buf, 10, &depth);

	if (error)
		return trace_refuse("max_graph_depth", buf, n, "is no number of calls");
	if (!depth || depth > RETURN_STACK_DEPTH)
		depth = RETURN_STACK_DEPTH;
	WRITE_ONCE(trace_graph_depth, (unsigned)depth);
	return (ssize_t)n;
}
static const struct kernfs_file_ops graph_depth_ops = {
	.show = graph_depth_show, .store = graph_depth_store };
KERNFS_FILE(trace_graph_max, "/sys/kernel/tracing/max_graph_depth", S_IFREG | 0644,
	    &graph_depth_ops, NULL);
