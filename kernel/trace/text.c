/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record as a line of `trace`: "TASK-PID [CPU] FLAGS TIME: event: text", as on Linux.
 */
#include <neurath/string.h>
#include "internal.h"

static u64 trace_records(int only, u64 *written)
{
	u64 held = 0;

	*written = 0;
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		const struct trace_ring *ring = trace_ring(TRACE_MAIN, cpu);

		if (!ring || (only >= 0 && (unsigned)only != cpu))
			continue;
		*written += ring->head;
		held += min(ring->head - ring->tail, ring->mask + 1);
	}
	return held;
}

const char *trace_tracer = "nop";

void trace_set_tracer(const char *name)
{
	WRITE_ONCE(trace_tracer, name);
}

void trace_show_header(struct seq_file *m, int only)
{
	u64 written, held = trace_records(only, &written);

	seq_printf(m, "# tracer: %s\n#\n", READ_ONCE(trace_tracer));
	seq_printf(m, "# entries-in-buffer/entries-written: %lu/%lu   #P:%u\n#\n", held, written,
		   nr_cpus);
	seq_puts(m, "#                                _-----=> irqs-off/BH-disabled\n"
		    "#                               / _----=> need-resched\n"
		    "#                              | / _---=> hardirq/softirq\n"
		    "#                              || / _--=> preempt-depth\n"
		    "#                              ||| / _-=> migrate-disable\n"
		    "#                              |||| /     delay\n"
		    "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
		    "#              | |         |   |||||     |         |\n");
}

static void trace_show_start(struct seq_file *m, const struct trace_item *item)
{
	char comm[TASK_COMM_LEN];

	trace_comm_of(item->common.pid, comm);
	seq_printf(m, "%16s-%-7d [%03u] %c%c... %5lu.%06lu: ", comm, item->common.pid, item->cpu,
		   item->common.flags & TRACE_FLAG_IRQS_OFF ? 'd' : '.',
		   item->common.flags & TRACE_FLAG_NEED_RESCHED ? 'N' : '.',
		   item->time_ns / NSEC_PER_SEC, item->time_ns % NSEC_PER_SEC / NSEC_PER_USEC);
}

void trace_show_plain(struct seq_file *m, const struct trace_item *item)
{
	const struct trace_event *event = trace_event_of(item->common.type);

	if (item->lost)
		seq_printf(m, "%lu %u 0 lost buffer=%s records=%lu\n", item->time_ns, item->cpu,
			   event->point->on & BIT(TRACE_KLP) ? "klp" : "around", item->lost);
	seq_printf(m, "%lu %u %d %s ", item->time_ns, item->cpu, item->common.pid, event->name);
	trace_print(m, event, item->data, trace_item_size(event, item));
	seq_putc(m, '\n');
}

void trace_show_item(struct seq_file *m, const struct trace_item *item)
{
	const struct trace_event *event = trace_event_of(item->common.type);

	if (item->lost)
		seq_printf(m, "CPU:%u [LOST %lu EVENTS]\n", item->cpu, item->lost);
	trace_show_start(m, item);
	if (!event) {
		seq_printf(m, "unknown event %u\n", item->common.type);
		return;
	}
	if (!event->tracer)
		seq_printf(m, "%s: ", event->name);
	trace_print(m, event, item->data, trace_item_size(event, item));
	seq_putc(m, '\n');
}

/* Lines "PID NAME"; trace-cmd copies them. */
static int saved_cmdlines_show(struct seq_file *m, void *private)
{
	char comm[TASK_COMM_LEN];
	struct task_walk walk;
	pid_t pid;

	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk))
		seq_printf(m, "%d %s\n", t->pid, t->comm);
	for (unsigned i = 0; trace_comm_saved(i, &pid, comm); i++)
		if (pid)
			seq_printf(m, "%d %s\n", pid, comm);
	return 0;
}
KERNFS_SHOW(trace_saved_cmdlines, "/sys/kernel/tracing/saved_cmdlines", 0444,
	    saved_cmdlines_show);
