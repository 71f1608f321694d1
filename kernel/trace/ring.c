/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader's side of the rings: their sizes, reading complete records, counting lost ones, and
 * a cursor over several rings. write.c explains how a reader recognises a complete record.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "internal.h"

/* As on Linux: the size of a buffer at its first use. */
#define TRACE_MAIN_KB		1408
#define TRACE_MIN_RECORDS	64

DEFINE_MUTEX_RANK(trace_mutex, RANK_TRACE);
DECLARE_WAIT_QUEUE_HEAD(trace_wait);

/* (trace_mutex) read without a lock */
static size_t trace_sizes[TRACE_BUFFERS][NR_CPUS] = {
	[TRACE_MAIN] = { [0 ... NR_CPUS - 1] = TRACE_MAIN_KB * 1024 }
};

void trace_interrupt(void)
{
	if (trace_wake_is_due())
		wake_up_all(&trace_wait);
}

/* ---- buffers ---------------------------------------------------------------------------- */

struct trace_ring *trace_ring(enum trace_buffer_id id, unsigned cpu)
{
	return trace_rings[id][cpu];
}

bool trace_buffer_allocated(enum trace_buffer_id id)
{
	return trace_rings[id][0] != NULL;
}

size_t trace_buffer_size(enum trace_buffer_id id, unsigned cpu)
{
	return READ_ONCE(trace_sizes[id][cpu]);
}

static size_t ring_records(size_t bytes)
{
	size_t records = TRACE_MIN_RECORDS;

	while (records * sizeof(struct trace_record) < bytes)
		records *= 2;
	return records;
}

static struct trace_ring *ring_alloc(size_t records)
{
	struct trace_ring *ring = vzalloc(sizeof(*ring) + records * sizeof(struct trace_record));

	if (ring)
		ring->mask = records - 1;
	return ring;
}

static void rings_free(struct trace_ring **rings)
{
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		vfree(rings[cpu]);
}

/* Allocates a ring for each CPU of @cpus, of the size in @bytes or, if that is 0, of its own. */
static int rings_replace(enum trace_buffer_id id, u64 cpus, size_t bytes)
{
	static struct trace_ring *fresh[NR_CPUS], *old;	/* (trace_mutex) too large for a stack */

	memset(fresh, 0, sizeof(fresh));
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		if (!(cpus & BIT(cpu)))
			continue;
		fresh[cpu] = ring_alloc(ring_records(bytes ? bytes : trace_sizes[id][cpu]));
		if (!fresh[cpu]) {
			rings_free(fresh);
			return -ENOMEM;
		}
	}
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		if (!(cpus & BIT(cpu)))
			continue;
		old = trace_rings[id][cpu];
		smp_store_release(&trace_rings[id][cpu], fresh[cpu]);
		fresh[cpu] = old;
		if (bytes)
			WRITE_ONCE(trace_sizes[id][cpu], bytes);
	}
	/* Writers that have read the old pointers no longer use them. */
	synchronize_cpus();
	rings_free(fresh);
	return 0;
}

int trace_buffer_resize(enum trace_buffer_id id, int only, size_t bytes)
{
	assert_mutex_held(&trace_mutex);
	return rings_replace(id, only < 0 ? U64_MAX : BIT(only), bytes);
}

int trace_main_need(void)
{
	int error = trace_comms_need();

	if (!error && !trace_buffer_allocated(TRACE_MAIN))
		error = rings_replace(TRACE_MAIN, U64_MAX, 0);
	return error;
}

int trace_main_reserve(void)
{
	int error;

	mutex_lock(&trace_mutex);
	error = trace_main_need();
	mutex_unlock(&trace_mutex);
	return error;
}

void trace_buffer_clear(enum trace_buffer_id id, int only)
{
	assert_mutex_held(&trace_mutex);
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		struct trace_ring *ring = trace_rings[id][cpu];

		if (!ring || (only >= 0 && (unsigned)only != cpu))
			continue;
		ring->tail = READ_ONCE(ring->head);
		ring->lost = 0;
	}
}

/* ---- reading ---------------------------------------------------------------------------- */

/* Copies the record at @at; false if it is incomplete, or replaced by another one. */
static bool ring_copy(const struct trace_ring *ring, u64 at, struct trace_record *out)
{
	const struct trace_record *r = &ring->record[at & ring->mask];

	if (smp_load_acquire(&r->number) != at + 1)
		return false;
	*out = *r;
	smp_rmb();
	return READ_ONCE(r->number) == at + 1;
}

/* Adds the continuation records of @out, which is the record at @at. */
static bool ring_read_rest(const struct trace_ring *ring, u64 at, struct trace_item *out)
{
	struct trace_record r;

	while (at + out->slots < READ_ONCE(ring->head) &&
	       (out->slots + 1) * TRACE_DATA_BYTES <= sizeof(out->data)) {
		if (!ring_copy(ring, at + out->slots, &r))
			return false;
		if (r.common.type)
			break;
		memcpy(out->data + out->slots * TRACE_DATA_BYTES, r.data, TRACE_DATA_BYTES);
		out->slots++;
	}
	return true;
}

/* When the function was called is a count of the clock, too, and when it returned is now. */
static void ring_set_times(struct trace_item *out)
{
	u64 *data = (u64 *)out->data;

	data[2] = clock_ns_at(data[2]);
	data[3] = out->time_ns;
}

static bool ring_read_at(const struct trace_ring *ring, u64 at, struct trace_item *out)
{
	struct trace_record r;

	if (!ring_copy(ring, at, &r))
		return false;
	out->time_ns = clock_ns_at(r.tsc);
	out->common = r.common;
	memcpy(out->data, r.data, TRACE_DATA_BYTES);
	out->slots = 1;
	if (r.common.type == TRACE_ID_GRAPH_EXIT)
		ring_set_times(out);
	return ring_read_rest(ring, at, out);
}

bool trace_ring_read(const struct trace_ring *ring, u64 *at, struct trace_item *out)
{
	u64 room = ring->mask + 1;

	for (;;) {
		u64 head = READ_ONCE(ring->head);

		if (head - *at > room) {
			/* Skip some more than were lost: the writer continues meanwhile. */
			u64 next = head - room + room / 16;

			out->lost += next - *at;
			*at = next;
		}
		if (*at >= head)
			return false;
		if (!ring_read_at(ring, *at, out)) {
			/* Incomplete: read it later.  If overwritten, the test of head shows it. */
			if (READ_ONCE(ring->head) - *at <= room)
				return false;
			continue;
		}
		*at += out->slots;
		/* A continuation of a lost record. */
		if (out->common.type)
			return true;
		out->lost++;
	}
}

/* ---- several rings ---------------------------------------------------------------------- */

int trace_cursor_start(struct trace_cursor *c, unsigned buffers, int only, bool consume)
{
	*c = (struct trace_cursor){ .consume = consume };
	c->source = vzalloc(TRACE_BUFFERS * nr_cpus * sizeof(*c->source));
	if (!c->source)
		return -ENOMEM;
	for (unsigned id = 0; id < TRACE_BUFFERS; id++)
		for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
			if ((buffers & BIT(id)) && (only < 0 || (unsigned)only == cpu)) {
				struct trace_source *s = &c->source[c->nr++];

				s->id = id;
				s->cpu = s->item[0].cpu = s->item[1].cpu = cpu;
				/*
				 * The reading itself is traced: without this limit it would not
				 * end.
				 */
				if (!consume && trace_rings[id][cpu])
					s->until = READ_ONCE(trace_rings[id][cpu]->head);
			}
	return 0;
}

void trace_cursor_end(struct trace_cursor *c)
{
	vfree(c->source);
	c->source = NULL;
}

/* Reads the next record of @s into item[ahead]; false if there is none. */
static bool cursor_fill(const struct trace_cursor *c, struct trace_source *s)
{
	struct trace_ring *ring = trace_rings[s->id][s->cpu];

	if (s->have)
		return true;
	if (!ring)
		return false;
	s->item[s->ahead].lost = 0;
	/* The records were consumed or cleared, or the ring was replaced. */
	if (s->at < ring->tail || s->at > READ_ONCE(ring->head))
		s->at = ring->tail;
	if (!c->consume && s->at >= s->until)
		return false;
	s->have = trace_ring_read(ring, &s->at, &s->item[s->ahead]);
	return s->have;
}

/* Hands out what is ready. */
static const struct trace_item *cursor_take(const struct trace_cursor *c, struct trace_source *s)
{
	const struct trace_item *item = &s->item[s->ahead];

	s->have = false;
	s->ahead ^= 1;
	if (c->consume) {
		trace_rings[s->id][s->cpu]->tail = s->at;
		trace_rings[s->id][s->cpu]->lost += item->lost;
	}
	return item;
}

const struct trace_item *trace_cursor_next(struct trace_cursor *c)
{
	struct trace_source *best = NULL;

	assert_mutex_held(&trace_mutex);
	for (struct trace_source *s = c->source; s < c->source + c->nr; s++)
		if (cursor_fill(c, s) &&
		    (!best || s->item[s->ahead].time_ns < best->item[best->ahead].time_ns))
			best = s;
	c->last = best;
	return best ? cursor_take(c, best) : NULL;
}

const struct trace_item *trace_cursor_peek(struct trace_cursor *c)
{
	struct trace_source *s = c->last;

	assert_mutex_held(&trace_mutex);
	return cursor_fill(c, s) ? &s->item[s->ahead] : NULL;
}

void trace_cursor_skip(struct trace_cursor *c)
{
	assert_mutex_held(&trace_mutex);
	cursor_take(c, c->last);
}
