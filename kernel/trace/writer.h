/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of a writer of records, for write.c, which explains them, and for graph_write.c.
 * They are inline, because a tracer calls no function.
 */
#ifndef KERNEL_TRACE_WRITER_H
#define KERNEL_TRACE_WRITER_H

#include <neurath/task.h>
#include "internal.h"

/* TRACE_ARM_: readers sleep, and the writer of a record asks trace_wake_soon() to wake them. */
extern u8 trace_wait_armed;
void trace_wake_soon(void);

/* Atomic against interrupts of this CPU; other CPUs write other rings. */
static __always_inline bool ring_take(u64 *head, u64 old, u64 new)
{
	bool taken;

	__asm__ volatile("cmpxchgq %3, %1" : "=@ccz"(taken), "+m"(*head), "+a"(old)
			 : "r"(new) : "memory");
	return taken;
}

static __always_inline u64 ring_reserve(struct trace_ring *ring, unsigned slots, u64 *tsc)
{
	u64 head;

	do {
		head = READ_ONCE(ring->head);
		*tsc = read_tsc();
	} while (unlikely(!ring_take(&ring->head, head, head + slots)));
	return head;
}

/*
 * The first word of a record: type, flags and pid; @t is current.  Shifts alone, because tracers
 * count instructions.
 */
static __always_inline u64 trace_common_now(u16 type, const struct task *t)
{
	u32 need_resched = (u32)t->flags & BIT(TIF_NEED_RESCHED);

	_Static_assert(TRACE_FLAG_IRQS_OFF == 1 && TRACE_FLAG_NEED_RESCHED == 4 &&
		       TIF_NEED_RESCHED == 0, "the shifts");
	return type | (u32)irqs_disabled() << 16 | need_resched << 18 | (u64)t->pid << 32;
}

/* The same word for a record that continues the one before. */
static __always_inline u64 trace_common_rest(u64 common)
{
	return common & ~0xffffUL;
}

/* Begins a record and returns the place of its data; ring_complete() ends it. */
static __always_inline u64 *ring_begin(struct trace_record *r, u64 tsc, u64 common)
{
	WRITE_ONCE(r->number, 0);
	WRITE_ONCE(r->tsc, tsc);
	WRITE_ONCE(*(u64 *)&r->common, common);
	return (u64 *)r->data;
}

static __always_inline void ring_complete(struct trace_record *r, u64 at)
{
	smp_store_release(&r->number, at + 1);
}

/*
 * Writes one record of a tracer, of two or three words, and returns its time.  @t is current.  The
 * rings are allocated before a tracer is switched on.
 */
static __always_inline u64 tracer_write(u16 type, const struct task *t, u64 first, u64 second,
					const u64 *third)
{
	unsigned cpu = cpu_id();
	struct trace_ring *ring = READ_ONCE(trace_rings[TRACE_MAIN][cpu]);
	struct trace_record *r;
	u64 tsc, at, *data;

	/* Plain reads are one comparison with memory. */
	if (unlikely(!trace_main_on[cpu]))
		return read_tsc();
	at = ring_reserve(ring, 1, &tsc);
	r = &ring->record[at & ring->mask];
	data = ring_begin(r, tsc, trace_common_now(type, t));
	WRITE_ONCE(data[0], first);
	WRITE_ONCE(data[1], second);
	if (third)
		WRITE_ONCE(data[2], *third);
	ring_complete(r, at);
	if (unlikely(trace_wait_armed))
		trace_wake_soon();
	return tsc;
}

#endif
