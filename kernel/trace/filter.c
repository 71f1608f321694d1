/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files `filter` of events and of systems.  Only the records for /sys/kernel/tracing are
 * filtered: the timeline of live patching has all of its events.
 *
 * A refused filter ends the one before it, as on Linux, and is kept until the next write: the file
 * shows it with the place and the reason.
 *
 * A writer of records reads the pointer of its point without a lock.  So the pointer is changed
 * first, under trace_mutex, and a round of interrupts on all CPUs waits for writers that have
 * read it, before the old filter is freed.
 */
#include <neurath/errno.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "filter.h"

/* Frees filters that no point and no trigger has any more. */
static void filter_retire(struct trace_filter *old)
{
	if (!old)
		return;
	/* Writers that have read the pointer are done with it. */
	synchronize_cpus();
	filter_free(old);
}

/* Puts @filter, or NULL, on the event. (held) */
static void filter_set(const struct trace_event *event, struct trace_filter *filter)
{
	struct trace_filter *old = event->point->filter;

	assert_mutex_held(&trace_mutex);
	/* Pairs with the dependent reads in filter_passes(): the program is complete. */
	smp_store_release(&event->point->filter, filter);
	filter_retire(old);
}

static bool filter_is_none(const char *buf)
{
	unsigned long none;

	return !kstrtoul(buf, 10, &none) && !none;
}

/* ---- of an event -------------------------------------------------------------------------- */

static int event_filter_show(struct seq_file *m, void *private)
{
	const struct trace_event *event = private;
	const struct trace_filter *f;

	mutex_lock(&trace_mutex);
	f = event->point->filter;
	seq_printf(m, "%s\n", f ? f->text : "none");
	if (f && f->wrong)
		seq_printf(m, "%*s^\nparse_error: %s\n", (int)f->wrong_at, "", f->wrong);
	mutex_unlock(&trace_mutex);
	return 0;
}

static ssize_t event_filter_store(const char *buf, size_t n, void *private)
{
	const struct trace_event *event = private;
	struct trace_filter *filter = NULL;
	const char *why;
	int error = filter_is_none(buf) ? 0 : filter_parse(event, buf, n, &filter);

	if (error && !filter)
		return error;
	mutex_lock(&trace_mutex);
	/* What the store of another task may free. */
	why = error ? filter->wrong : NULL;
	filter_set(event, filter);
	mutex_unlock(&trace_mutex);
	if (error)
		trace_refuse("filter", buf, n, why);
	return error ? error : (ssize_t)n;
}

const struct kernfs_file_ops trace_event_filter_ops = {
	.show = event_filter_show, .store = event_filter_store };

/* ---- of a system ---------------------------------------------------------------------------- */

static int system_filter_show(struct seq_file *m, void *private)
{
	seq_puts(m, "# A filter written here is set for each event that has its fields.\n");
	return 0;
}

/* Sets the filter of each event that has its fields: 0, -EINVAL if none has, -ENOMEM. (held) */
static int system_filter_set(const char *system, const char *buf, size_t n)
{
	int result = -EINVAL;

	SET_FOREACH(struct trace_event, event, trace_event) {
		struct trace_filter *filter = NULL;
		int error;

		if (event->tracer || strcmp(event->system, system) != 0)
			continue;
		error = filter_is_none(buf) ? 0 : filter_parse(event, buf, n, &filter);
		if (!error)
			filter_set(event, filter);
		else
			filter_free(filter);
		if (error == -ENOMEM)
			return error;
		result = error ? result : 0;
	}
	return result;
}

static ssize_t system_filter_store(const char *buf, size_t n, void *system)
{
	int error;

	mutex_lock(&trace_mutex);
	error = system_filter_set(system, buf, n);
	mutex_unlock(&trace_mutex);
	if (error == -EINVAL)
		trace_refuse("filter", buf, n, "fits no event; the filter of one event says why");
	return error ? error : (ssize_t)n;
}

const struct kernfs_file_ops trace_system_filter_ops = {
	.show = system_filter_show, .store = system_filter_store };
