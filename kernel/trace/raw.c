/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * per_cpu/cpuN/trace_pipe_raw: the records of a CPU as pages in Linux's format, which tools copy
 * to a file; and the two files that describe the format.
 *
 *	page:	time of its first event (8 bytes), bytes of events (8), events
 *	event:	type_len (5 bits), time since the event before (27 bits), data
 *	data:	struct trace_common, then the fields as events/SYSTEM/EVENT/format lists them
 *
 * A type_len of 1 to 28 is the length of the data in words of 4 bytes.  With type_len 0 the data
 * begins with its length, which includes itself.  Type_len 30 is a time without an event: the
 * upper bits of the time follow.
 *
 * A reader waits for a whole page of records: its own wake-up writes records, so a reader of single
 * records would never sleep again.  A reader with O_NONBLOCK gets the present records.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include "internal.h"

#define RAW_HEADER		16
#define RAW_DATA		(PAGE_SIZE - RAW_HEADER)
#define RAW_MISSED		BIT(31)		/* in commit: records were lost before */
#define RAW_MISSED_STORED	BIT(30)		/* and how many stands behind the events */
#define RAW_LEN_MAX		(28 * 4)
#define RAW_TIME_EXTEND		30
#define RAW_DELTA_BITS		27
/* Most are of 16 to 40 bytes, with what stands before them. */
#define RAW_PAGE_RECORDS	96

struct raw_page {
	u64 time;
	u64 commit;
	u8 data[RAW_DATA];
};

struct raw_reader {
	struct trace_cursor cursor;
	const struct trace_item *kept;	/* had no room in the page before */
	size_t done;			/* bytes of the page that the program has */
	bool full;			/* there is a page */
	struct raw_page page;
};

static struct raw_reader *raw_of(const struct file *f)
{
	return kernfs_stream_data(f);
}

static int raw_open(struct file *f)
{
	int cpu = (int)(long)kernfs_private(kernfs_of_file(f)) - 1, error;
	struct raw_reader *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	error = trace_cursor_start(&r->cursor, BIT(TRACE_MAIN), cpu, true);
	if (error) {
		kfree(r);
		return error;
	}
	f->poll_wq = &trace_wait;
	kernfs_set_stream_data(f, r);
	return 0;
}

static void raw_release(struct file *f)
{
	struct raw_reader *r = raw_of(f);

	trace_cursor_end(&r->cursor);
	kfree(r);
}

/* ---- making a page ---------------------------------------------------------------------- */

static void raw_put(struct raw_page *page, const void *bytes, size_t n)
{
	memcpy(page->data + page->commit, bytes, n);
	page->commit += n;
}

/* One event, @delta ns after the one before: false if it has no room. */
static bool raw_event(struct raw_page *page, const struct trace_item *item, u64 delta)
{
	const struct trace_event *event = trace_event_of(item->common.type);
	u32 size = (event ? trace_item_size(event, item) + 3 : 0) & ~3U;
	u32 len = sizeof(item->common) + size, extend = (u32)(delta >> RAW_DELTA_BITS);
	u32 low = (u32)(delta & (BIT(RAW_DELTA_BITS) - 1));
	u32 type_len = len <= RAW_LEN_MAX ? len / 4 : 0, length = len + sizeof(length);

	if (page->commit + 16 + len > RAW_DATA)
		return false;
	if (extend) {
		u32 more[2] = { RAW_TIME_EXTEND | low << 5, extend };

		raw_put(page, more, sizeof(more));
		low = 0;
	}
	type_len |= low << 5;
	raw_put(page, &type_len, sizeof(type_len));
	if (!(type_len & 31))
		raw_put(page, &length, sizeof(length));
	raw_put(page, &item->common, sizeof(item->common));
	raw_put(page, item->data, size);
	return true;
}

/* How many were lost before the first event, which tools look for behind the last. */
static void raw_lost(struct raw_page *page, u64 lost)
{
	u64 flags = RAW_MISSED;

	if (page->commit + sizeof(lost) <= RAW_DATA) {
		memcpy(page->data + page->commit, &lost, sizeof(lost));
		flags |= RAW_MISSED_STORED;
	}
	page->commit |= flags;
}

/* Fills the page: false if there is nothing to fill it with. (held) */
static bool raw_fill(struct raw_reader *r)
{
	struct raw_page *page = &r->page;
	const struct trace_item *item = r->kept ? r->kept : trace_cursor_next(&r->cursor);
	u64 lost = item ? item->lost : 0, last;

	r->kept = NULL;
	if (!item)
		return false;
	memset(page, 0, sizeof(*page));
	page->time = last = item->time_ns;
	do {
		/* What follows a loss begins a page. */
		if ((page->commit && item->lost) || !raw_event(page, item, item->time_ns - last)) {
			r->kept = item;
			break;
		}
		last = item->time_ns;
	} while ((item = trace_cursor_next(&r->cursor)));
	if (lost)
		raw_lost(page, lost);
	r->done = 0;
	r->full = true;
	return true;
}

/* ---- reading ---------------------------------------------------------------------------- */

/* How many records lie there for @r, at least; and have writers tell when there are @wanted. */
static u64 raw_available(struct raw_reader *r, u64 wanted)
{
	struct trace_ring *ring;
	u64 available = r->kept != NULL;

	mutex_lock(&trace_mutex);
	ring = trace_ring(TRACE_MAIN, r->cursor.source->cpu);
	if (ring) {
		WRITE_ONCE(ring->wake_at, ring->tail + wanted);
		trace_wait_arm(TRACE_ARM_PAGE);
		available += READ_ONCE(ring->head) - ring->tail;
	}
	mutex_unlock(&trace_mutex);
	return available;
}

/* A page's worth, or all there will be. */
static bool raw_is_ready(struct raw_reader *r)
{
	return r->full || !READ_ONCE(trace_main_enabled) ||
	       raw_available(r, RAW_PAGE_RECORDS) >= RAW_PAGE_RECORDS;
}

static ssize_t raw_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	struct raw_reader *r = raw_of(f);
	bool wait = !(f->flags & O_NONBLOCK);
	ssize_t n = wait ? wait_event_interruptible(trace_wait, raw_is_ready(r)) : 0;

	if (n)
		return n;
	mutex_lock(&trace_mutex);
	if (!r->full)
		raw_fill(r);
	mutex_unlock(&trace_mutex);
	if (!r->full)
		return wait ? 0 : -EAGAIN;
	n = iobuf_put(to, (u8 *)&r->page + r->done, min(to->len, PAGE_SIZE - r->done));
	if (n > 0)
		r->done += (size_t)n;
	r->full = r->done < PAGE_SIZE;
	return n;
}

static unsigned raw_poll(struct file *f)
{
	struct raw_reader *r = raw_of(f);

	return r->full || raw_available(r, 1) ? POLLIN | POLLRDNORM : 0;
}

static const struct file_ops raw_stream = {
	.open = raw_open,
	.read = raw_read,
	.poll = raw_poll,
	.release = raw_release,
};
const struct kernfs_file_ops trace_raw_ops = { .stream = &raw_stream };

/* ---- what the format is ------------------------------------------------------------------- */

static int header_page_show(struct seq_file *m, void *private)
{
	seq_printf(m, "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		      "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
		      "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		      "\tfield: char data;\toffset:%u;\tsize:%u;\tsigned:0;\n",
		   RAW_HEADER, (unsigned)RAW_DATA);
	return 0;
}
KERNFS_SHOW(trace_header_page, "/sys/kernel/tracing/events/header_page", 0444, header_page_show);

static int header_event_show(struct seq_file *m, void *private)
{
	seq_puts(m, "# compressed entry header\n"
		    "\ttype_len    :    5 bits\n"
		    "\ttime_delta  :   27 bits\n"
		    "\tarray       :   32 bits\n\n"
		    "\tpadding     : type == 29\n"
		    "\ttime_extend : type == 30\n"
		    "\ttime_stamp : type == 31\n"
		    "\tdata max type_len  == 28\n");
	return 0;
}
KERNFS_SHOW(trace_header_event, "/sys/kernel/tracing/events/header_event", 0444,
	    header_event_show);
