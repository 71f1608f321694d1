/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control files below /sys/kernel/tracing, with Linux's names and answers. */
#include <neurath/printk.h>
#include <neurath/string.h>
#include "internal.h"

/* ---- buffers ---------------------------------------------------------------------------- */

/* True if the rings of all CPUs have the size of the first. */
static bool buffer_sizes_are_equal(void)
{
	for (unsigned cpu = 1; cpu < nr_cpus; cpu++)
		if (trace_buffer_size(TRACE_MAIN, cpu) != trace_buffer_size(TRACE_MAIN, 0))
			return false;
	return true;
}

/*
 * private: the CPU + 1, or 0 for all; "X": their sizes differ.  The rings do not exist until they
 * are needed: Linux reports this in the same words.
 */
static int buffer_size_show(struct seq_file *m, void *private)
{
	unsigned cpu = private ? (unsigned)(long)private - 1 : 0;
	size_t kb = trace_buffer_size(TRACE_MAIN, cpu) / 1024;

	if (!private && !buffer_sizes_are_equal())
		seq_puts(m, "X\n");
	else if (trace_buffer_allocated(TRACE_MAIN) || private)
		seq_printf(m, "%lu\n", kb);
	else
		seq_printf(m, "0 (expanded: %lu)\n", kb);
	return 0;
}

static ssize_t buffer_size_store(const char *buf, size_t n, void *private)
{
	unsigned long kb;
	int error = kstrtoul(buf, 10, &kb);

	/* Half of the address range for such memory is far more than there is memory. */
	if (error || !kb || kb > (VMAP_END - VMAP_BASE) / 2 / nr_cpus / 1024)
		return trace_refuse("buffer_size_kb", buf, n, "is no size in KiB");
	mutex_lock(&trace_mutex);
	/* Either no CPU has a ring or all have one. */
	error = private ? trace_main_need() : 0;
	if (!error)
		error = trace_buffer_resize(TRACE_MAIN, (int)(long)private - 1, kb * 1024);
	mutex_unlock(&trace_mutex);
	return error ? error : (ssize_t)n;
}
TRACE_SWITCH(trace_buffer_kb, "buffer_size_kb", buffer_size_show, buffer_size_store);

static int buffer_total_show(struct seq_file *m, void *private)
{
	size_t kb = 0;

	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		kb += trace_buffer_size(TRACE_MAIN, cpu) / 1024;
	seq_printf(m, "%lu\n", kb);
	return 0;
}
KERNFS_SHOW(trace_buffer_total, TRACING "/buffer_total_size_kb", 0444, buffer_total_show);

static int cpu_stats_show(struct seq_file *m, void *private)
{
	unsigned cpu = (unsigned)(long)private - 1;
	const struct trace_ring *ring;
	u64 held = 0, lost = 0;

	mutex_lock(&trace_mutex);
	ring = trace_ring(TRACE_MAIN, cpu);
	if (ring) {
		u64 head = READ_ONCE(ring->head);

		held = min(head - ring->tail, ring->mask + 1);
		lost = ring->lost + (head - ring->tail - held);
	}
	seq_printf(m, "entries: %lu\noverrun: %lu\ncommit overrun: 0\nbytes: %lu\n", held, lost,
		   held * sizeof(struct trace_record));
	seq_printf(m, "oldest event ts: 0.000000\nnow ts: %5lu.%06lu\ndropped events: 0\n"
		      "read events: %lu\n", clock_ns() / NSEC_PER_SEC,
		   clock_ns() % NSEC_PER_SEC / NSEC_PER_USEC, ring ? ring->tail - ring->lost : 0);
	mutex_unlock(&trace_mutex);
	return 0;
}
static const struct kernfs_file_ops cpu_stats_ops = { .show = cpu_stats_show };

/* ---- per_cpu, and files that scripts expect --------------------------------------------- */

/* All of them are the one clock of this kernel, which is the same on all CPUs. */
static const char *const clock_names[] = { "local", "global", "mono", "boot" };
static unsigned clock_chosen;		/* one word: needs no lock */

static int trace_clock_show(struct seq_file *m, void *private)
{
	unsigned chosen = READ_ONCE(clock_chosen);

	for (unsigned i = 0; i < ARRAY_SIZE(clock_names); i++)
		seq_printf(m, i == chosen ? "%s[%s]" : "%s%s", i ? " " : "", clock_names[i]);
	seq_putc(m, '\n');
	return 0;
}

static ssize_t trace_clock_store(const char *buf, size_t n, void *private)
{
	size_t len = 0;

	while (buf[len] && !strchr(" \t\n", buf[len]))
		len++;
	for (unsigned i = 0; i < ARRAY_SIZE(clock_names); i++) {
		if (strlen(clock_names[i]) != len || strncmp(buf, clock_names[i], len))
			continue;
		WRITE_ONCE(clock_chosen, i);
		return (ssize_t)n;
	}
	return trace_refuse("trace_clock", buf, len, "no such clock; the file lists all");
}
TRACE_SWITCH(trace_clock, "trace_clock", trace_clock_show, trace_clock_store);

static void per_cpu_file(struct kernfs_node *dir, const char *name, umode_t mode,
			 const struct kernfs_file_ops *ops, unsigned cpu)
{
	if (IS_ERR(kernfs_create_file(dir, name, mode, ops, (void *)(cpu + 1UL))))
		pr_err("tracing: no memory for per_cpu/cpu%u/%s\n", cpu, name);
}

static void per_cpu_dir(struct kernfs_node *parent, unsigned cpu)
{
	struct kernfs_node *dir;
	char name[16];

	snprintf(name, sizeof(name), "cpu%u", cpu);
	dir = kernfs_create_dir(parent, name, 0755, NULL);
	if (IS_ERR(dir))
		return;
	per_cpu_file(dir, "trace", 0644, &trace_file_ops, cpu);
	per_cpu_file(dir, "trace_pipe", 0444, &trace_pipe_ops, cpu);
	per_cpu_file(dir, "trace_pipe_raw", 0444, &trace_raw_ops, cpu);
	per_cpu_file(dir, "stats", 0444, &cpu_stats_ops, cpu);
	per_cpu_file(dir, "buffer_size_kb", 0644, &trace_buffer_kb_ops, cpu);
}

KERNFS_DIR(trace_per_cpu_dir, TRACING "/per_cpu", 0755, NULL);
KERNFS_FILE(trace_file, TRACING "/trace", S_IFREG | 0644, &trace_file_ops, NULL);
KERNFS_FILE(trace_pipe_file, TRACING "/trace_pipe", S_IFREG | 0444, &trace_pipe_ops, NULL);

void __init trace_files_init(void)
{
	struct kernfs_node *per_cpu = kernfs_find(TRACING "/per_cpu");

	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		per_cpu_dir(per_cpu, cpu);
	kernfs_put(per_cpu);
	trace_event_files_init();
}
