/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * README: the files of the folder in a few lines.  Scripts for Linux search it for the features
 * of a kernel, so it promises only what there is.
 */
#include "internal.h"

static const char help_text[] =
	"Tracing. docs/tracing.md explains all of it.\n\n"
	"  trace\t\t\tthe records of all CPUs; > trace empties the rings\n"
	"  trace_pipe\t\tthe same, each record once; waits for more\n"
	"  trace_marker\t\ttext written to it becomes a record\n"
	"  tracing_on\t\t0: the rings accept no records\n"
	"  tracing_cpumask\tthe CPUs whose rings accept records, in hexadecimal\n"
	"  trace_clock\t\tnames of the clock\n"
	"  buffer_size_kb\t\tthe size of a ring for each CPU\n"
	"  trace_options, options/\tstacktrace, func_stack_trace\n"
	"  per_cpu/cpuN/\t\tthe files of one CPU; trace_pipe_raw for trace-cmd\n\n"
	"  available_events\tthe events as SYSTEM:EVENT\n"
	"  set_event\t\tthose that are on; accepts: [!]SYSTEM:EVENT\n"
	"  events/\t\tenable, filter, trigger, format and id of each\n"
	"      filter\t\twhich records: FIELD == VALUE, with && || ! ( ); 0: all\n"
	"      trigger\t\twhat else happens: traceoff[:N] [if FILTER] and others\n\n"
	"  current_tracer\t\tone of available_tracers\n"
	"  available_filter_functions\tthe functions that can be traced\n"
	"  set_ftrace_filter\tonly these; accepts: [!]NAME or [!]glob-matching-pattern,\n"
	"\t\t\tand [!]NAME:mod:MODULE\n"
	"  set_ftrace_notrace\tnot these; accepts: the same\n"
	"  max_graph_depth\t\tthe depth of calls that function_graph records\n";

static int help_show(struct seq_file *m, void *private)
{
	seq_puts(m, help_text);
	return 0;
}
KERNFS_SHOW(trace_help, "/sys/kernel/tracing/README", 0444, help_show);
