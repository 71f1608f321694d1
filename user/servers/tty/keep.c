/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State that outlives the process, in the memory of the port: the whole line discipline, the
 * attributes, and the progress of the present request.  A terminal driver that is killed returns
 * with its modes, its size, the typed input and the output that was not sent yet.
 *
 * The process may die between any two instructions.  The counters of the buffers are checked
 * before they are used.  A request that is received again continues where its bytes were last
 * counted.
 */
#include <stdatomic.h>
#include <stddef.h>
#include "tty.h"

#define KEEP_ADDRESS	((void *)0x600000000000)
#define KEEP_BYTES	(8 * 4096)
#define KEEP_MAGIC	(0x7474790000000000ull + sizeof(struct kept))

struct kept {
	uint64_t magic;			/* written last: everything below is complete */
	struct ldisc line;
	struct port_attr attr;
	uint64_t read_tag, write_tag;	/* the last requests that took bytes and that gave bytes */
	uint32_t read_tail;		/* line.in_tail before it */
	uint64_t write_done;		/* bytes that it has given */
};
_Static_assert(sizeof(struct kept) <= KEEP_BYTES, "what is kept fits");

static struct kept *const kept = KEEP_ADDRESS;
struct ldisc *const line = (void *)((char *)KEEP_ADDRESS + offsetof(struct kept, line));
struct port_attr *const attr = (void *)((char *)KEEP_ADDRESS + offsetof(struct kept, attr));

/* There are no other threads: only the compiler could reorder stores. */
static void in_this_order(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

static bool buffers_make_sense(void)
{
	return line->in_head - line->in_tail <= IN_SIZE &&
	       line->in_ready - line->in_tail <= line->in_head - line->in_tail &&
	       ldisc_out_count(line) <= OUT_SIZE;
}

int keep_open(struct srv *srv)
{
	int ret = srv_memory(srv, KEEP_ADDRESS, KEEP_BYTES);

	if (ret < 0)
		return ret;
	if (kept->magic != KEEP_MAGIC)
		return 0;
	if (!buffers_make_sense()) {
		line->in_tail = line->in_ready = line->in_head;
		line->out_tail = line->out_head;
	}
	return 1;
}

void keep_begin(void)
{
	in_this_order();
	kept->magic = KEEP_MAGIC;
}

void keep_read_begins(uint64_t tag)
{
	kept->read_tag = 0;
	in_this_order();
	kept->read_tail = line->in_tail;
	in_this_order();
	kept->read_tag = tag;
	in_this_order();
}

void keep_read_again(uint64_t tag)
{
	if (kept->read_tag == tag && line->in_head - kept->read_tail <= IN_SIZE)
		line->in_tail = kept->read_tail;
}

void keep_written(uint64_t tag, uint64_t done)
{
	kept->write_tag = 0;
	in_this_order();
	kept->write_done = done;
	in_this_order();
	kept->write_tag = tag;
}

uint64_t keep_write_done(uint64_t tag)
{
	return kept->write_tag == tag ? kept->write_done : 0;
}
