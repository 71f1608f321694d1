/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that belongs to the port and outlives the process.  A new process undoes an incomplete
 * request, asks the kernel which files are open, and frees objects that are not needed any more.
 * README.md has the promises.
 */
#include <stdatomic.h>
#include "ramfs.h"

#define KEEP_MAGIC	(0x72616d6673000000ull + sizeof(struct kept) + sizeof(struct node))
#define UNIT		(64ul * PAGE_BYTES)

static uint64_t rounded(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* The layout depends only on the machine's memory, so it is the same for each process. */
static void lay_out(uint64_t bytes, struct kept *head)
{
	uint64_t nr_pages = rounded(bytes, UNIT) / PAGE_BYTES;

	head->nr_pages = nr_pages;
	head->idle_offset = KEEP_HEAD_BYTES + nr_pages / 8;
	head->log_offset = rounded(head->idle_offset + rounded(nr_pages / 64, 64) / 8, PAGE_BYTES);
	/* Room for the largest request: a truncation that frees every page. */
	head->log_bytes = rounded((4ul << 20) + 128 * nr_pages, PAGE_BYTES);
	head->first_page = rounded(head->log_offset + head->log_bytes, UNIT);
}

int keep_open(struct srv *srv, uint64_t bytes)
{
	struct kept head = { .next_ino = 1, .next_version = 1 };
	int ret;

	lay_out(bytes, &head);
	ret = srv_memory(srv, kept, head.first_page + head.nr_pages * PAGE_BYTES);
	if (ret < 0)
		return ret;
	if (kept->magic != KEEP_MAGIC) {
		/* A process that died before there was a file system has left nothing to keep. */
		ret = (int)port_discard(srv->port, kept, head.first_page +
				       head.nr_pages * PAGE_BYTES);
		*kept = head;
		return ret < 0 ? ret : 0;
	}
	undo_rollback();
	ret = nodes_recover(srv);
	pages_recovered(srv);
	return ret < 0 ? ret : 1;
}

void keep_begin(struct srv *srv)
{
	undo_commit(srv);
	atomic_signal_fence(memory_order_seq_cst);
	kept->magic = KEEP_MAGIC;
}
