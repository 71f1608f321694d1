/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer's side of the rings, for any context.  There is one ring for each CPU and buffer.
 * Records have 80 bytes, and new records overwrite the oldest.
 *
 * Only the ring's own CPU writes it, but an interrupt or NMI may come at any instruction of a
 * writer and write, too.  So a writer takes its place with one compare-and-exchange of `head`
 * that is atomic for this CPU:
 *
 *	head = ring->head; time = now; if (ring->head still head) ring->head = head + 1
 *
 * An interrupt that wrote in between has moved `head`, and the time is read again.  So the
 * records of a ring are in the order of their times.  Kernel code leaves its CPU only at explicit
 * points, and writers have none: they are not migrated in between.
 *
 * A record is complete if its `number` is the expected one:
 *
 *	writer				reader, any CPU
 *	number = 0			number is the expected one, else stop or skip
 *	time, data			copy
 *	number = place + 1		number is still the expected one, else it was overwritten
 *
 * x86 keeps the order of the writer's stores and of the reader's loads, so only the compiler must
 * be prevented from reordering.
 *
 * Data that is longer than one record continues in the next records, which are taken in the same
 * step.
 *
 * A ring can be replaced while writers use it: the pointer is cleared, and then a round of
 * interrupts on all CPUs (synchronize_cpus()) waits for the writers that have read it.
 *
 * All code of the writer is notrace: it runs in NMIs, and a tracer calls it.  It calls no other
 * function, since the lowest code of the kernel has events, too.
 */
#include <neurath/hook.h>
#include "filter.h"
#include "writer.h"

u8 trace_wait_armed;		/* TRACE_ARM_: a reader sleeps, or is about to sleep */
static bool trace_wait_due;			/* an interrupt will wake it */
void (*trace_raise_interrupt)(void);		/* set once, before the first record */
struct trace_ring *trace_rings[TRACE_BUFFERS][NR_CPUS];

u64 trace_stop_tsc = U64_MAX;			/* set once at boot: stop.c */

static notrace u64 ring_write(struct trace_ring *ring, u16 type, const u64 *data, unsigned words)
{
	u64 common = trace_common_now(type, current);
	const unsigned each = TRACE_DATA_BYTES / sizeof(u64);
	unsigned slots = words <= each ? 1 : (words + each - 1) / each;
	u64 tsc, at = ring_reserve(ring, slots, &tsc);

	for (; slots; slots--, at++) {
		unsigned part = words < each ? words : each;
		struct trace_record *r = &ring->record[at & ring->mask];
		u64 *to = ring_begin(r, tsc, common);

		for (unsigned i = 0; i < part; i++)
			WRITE_ONCE(to[i], data[i]);
		ring_complete(r, at);
		common = trace_common_rest(common);
		data += part;
		words -= part;
	}
	return tsc;
}

/* Where gdb has its breakpoint; a caller further up has the event. */
static noinline notrace void trace_stopped(void)
{
	barrier();
}

static notrace void trace_stop(void)
{
	static bool stopped;

	if (!xchg(&stopped, true))
		trace_stopped();
}

/* Writes to the buffers of the bits @on. */
static notrace void buffers_write(const struct trace_point *point, unsigned on, const void *data,
				  unsigned size)
{
	unsigned cpu = cpu_id();

	for (unsigned id = 0; id < TRACE_BUFFERS; id++) {
		struct trace_ring *ring = READ_ONCE(trace_rings[id][cpu]);
		u64 tsc;

		if (!(on & BIT(id)) || !ring)
			continue;
		if (id == TRACE_MAIN && !READ_ONCE(trace_main_on[cpu]))
			continue;
		tsc = ring_write(ring, point->id, data, (size + 7) / sizeof(u64));
		if (CONFIG_DEBUG && id != TRACE_MAIN && unlikely(tsc >= trace_stop_tsc))
			trace_stop();
	}
}

notrace void trace_write_plain(const struct trace_point *point, const void *data, unsigned size)
{
	buffers_write(point, READ_ONCE(point->on), data, size);
}

/* Writes what passes the filter; returns the bits of the buffers. */
static notrace unsigned event_write(const struct trace_point *point, const void *data,
				    unsigned size)
{
	const struct trace_filter *filter = READ_ONCE(point->filter);
	unsigned on = READ_ONCE(point->on);

	if (unlikely(filter) && (on & BIT(TRACE_MAIN)) && !filter_passes(filter, point, data))
		on &= ~(unsigned)BIT(TRACE_MAIN);
	buffers_write(point, on, data, size);
	if (unlikely(trace_stack_of_events) && (on & BIT(TRACE_MAIN)))
		trace_write_stack();
	if (unlikely(on & BIT(TRACE_TRIGGERS)))
		trace_triggers_run(point, data);
	return on;
}

notrace void trace_write_silent(const struct trace_point *point, const void *data, unsigned size)
{
	event_write(point, data, size);
}

/* A wake-up is not possible in every context; a separate interrupt makes it possible. */
notrace void trace_wake_soon(void)
{
	const struct trace_ring *ring = READ_ONCE(trace_rings[TRACE_MAIN][cpu_id()]);

	if (!(READ_ONCE(trace_wait_armed) & TRACE_ARM_ANY) &&
	    (!ring || ring->head < READ_ONCE(ring->wake_at)))
		return;
	WRITE_ONCE(trace_wait_armed, 0);
	WRITE_ONCE(trace_wait_due, true);
	trace_raise_interrupt();
}

notrace void trace_write(const struct trace_point *point, const void *data, unsigned size)
{
	unsigned on = event_write(point, data, size);

	if (unlikely(READ_ONCE(trace_wait_armed)) && (on & BIT(TRACE_MAIN)))
		trace_wake_soon();
}

bool trace_wake_is_due(void)
{
	return xchg(&trace_wait_due, false);
}

void trace_wait_arm(unsigned what)
{
	/* Together, as several readers may come at once. */
	__atomic_fetch_or(&trace_wait_armed, (u8)what, __ATOMIC_RELAXED);
	/* Pairs with the writer's order: record, then this flag.  The reader looks after it. */
	smp_mb();
}

/* ---- the function tracer ------------------------------------------------------------------- */

struct trace_point trace_point_function = { .on = BIT(TRACE_MAIN), .id = TRACE_ID_FUNCTION };

/* Called for every traced function: as short as possible. */
notrace void trace_function(unsigned long func, unsigned long caller)
{
	tracer_write(TRACE_ID_FUNCTION, current, func, caller, NULL);
	if (unlikely(trace_stack_of_functions))
		trace_write_stack();
}
