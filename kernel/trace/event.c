/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of events: a linker set, so that the events of a subsystem are in one file, and no
 * other file lists them.  Ids are positions in the set, from 20 on: tools use smaller numbers for
 * events that they know, and a few events have such a number (`fixed_id`).
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/init.h>
#include <neurath/string.h>
#include "internal.h"

/* Enough for a boot with few tasks; trace_klp_reserve() makes room for more. */
#define TRACE_KLP_BYTES		(128 * 1024)
#define TRACE_AROUND_BYTES	(128 * 1024)
/* A flag, a change of state, and for some tasks a look with a stack. */
#define TRACE_KLP_PER_TASK	3

const struct trace_field trace_common_fields[] = {
	{ .type = "unsigned short", .name = "common_type", .offset = 0, .size = 2 },
	{ .type = "unsigned char", .name = "common_flags", .offset = 2, .size = 1 },
	{ .type = "unsigned char", .name = "common_preempt_count", .offset = 3, .size = 1 },
	{ .type = "int", .name = "common_pid", .offset = 4, .size = 4, .is_signed = true },
	{ 0 }
};

void __init trace_init(void)
{
	u16 id = TRACE_FIRST_ID;
	bool klp;

	trace_raise_interrupt = arch_raise_trace_interrupt;
	SET_FOREACH(struct trace_event, event, trace_event)
		event->point->id = event->fixed_id ? event->fixed_id : id++;
	mutex_lock(&trace_mutex);
	klp = !trace_buffer_resize(TRACE_KLP, -1, TRACE_KLP_BYTES) &&
	      !trace_buffer_resize(TRACE_AROUND, -1, TRACE_AROUND_BYTES);
	SET_FOREACH(struct trace_event, event, trace_event)
		if (klp && !strcmp(event->system, "livepatch"))
			trace_event_set(event, TRACE_KLP, true);
	mutex_unlock(&trace_mutex);
	trace_stop_init();
	trace_files_init();
}

const struct trace_event *trace_event_of(unsigned id)
{
	SET_FOREACH(struct trace_event, event, trace_event)
		if (event->point->id == id)
			return event;
	return NULL;
}

unsigned trace_item_size(const struct trace_event *event, const struct trace_item *item)
{
	return event->size ? event->size : item->slots * TRACE_DATA_BYTES;
}

void trace_event_set(const struct trace_event *event, enum trace_buffer_id id, bool on)
{
	assert_mutex_held(&trace_mutex);
	trace_point_set(event->point, id, on);
}

/* ---- the buffers of live patching --------------------------------------------------------- */

int trace_klp_reserve(unsigned nr_tasks)
{
	size_t bytes = nr_tasks * TRACE_KLP_PER_TASK * sizeof(struct trace_record);
	int error = 0;

	mutex_lock(&trace_mutex);
	/* Grows by at least a half: a resize loses the contents, so it must be rare. */
	if (bytes > trace_buffer_size(TRACE_KLP, 0))
		error = trace_buffer_resize(TRACE_KLP, -1, bytes + bytes / 2);
	mutex_unlock(&trace_mutex);
	return error;
}

void trace_klp_around(bool on)
{
	static const struct trace_point *const around[] = {
		&TRACE_POINT(sched_switch), &TRACE_POINT(sched_wakeup),
		&TRACE_POINT(sched_wakeup_new), &TRACE_POINT(sched_process_fork),
		&TRACE_POINT(sched_process_exit), &TRACE_POINT(ipi_send_cpu),
		&TRACE_POINT(task_kick),
	};

	mutex_lock(&trace_mutex);
	for (unsigned i = 0; i < ARRAY_SIZE(around); i++)
		trace_event_set(trace_event_of(around[i]->id), TRACE_AROUND, on);
	mutex_unlock(&trace_mutex);
}
