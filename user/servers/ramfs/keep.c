/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that belongs to the port and outlives the process; what a new process does with it: undo
 * what was begun, ask the kernel what is open, free what nobody needs any more.  README.md says
 * what is promised.
 */
#include <stdatomic.h>
#include "ramfs.h"

#define KEEP_MAGIC	(0x72616d6673000000ull + sizeof(struct kept) + sizeof(struct node))
#define UNIT		(64ul * PAGE_BYTES)

static uint64_t rounded(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* The layout depends on the machine's memory only, so it is the same for each process. */
static void lay_out(uint64_t bytes, struct kept *head)
{
	uint64_t nr_pages = rounded(bytes, UNIT) / PAGE_BYTES;

	head->nr_pages = nr_pages;
	head->log_offset = rounded(KEEP_HEAD_BYTES + nr_pages / 8, PAGE_BYTES);
	/* Room for the largest request: a truncation that frees every page there is. */
	head->log_bytes = rounded((4ul << 20) + 128 * nr_pages, PAGE_BYTES);
	head->first_page = rounded(head->log_offset + head->log_bytes, UNIT);
}

int keep_open(struct srv *srv, uint64_t bytes)
{
	struct kept head = { .next_ino = 1, .next_version = 1 };
	int rc;

	lay_out(bytes, &head);
	rc = srv_memory(srv, kept, head.first_page + head.nr_pages * PAGE_BYTES);
	if (rc < 0)
		return rc;
	if (kept->magic != KEEP_MAGIC) {
		/* A process that died before there was a file system leaves nothing of worth. */
		rc = (int)port_discard(srv->port, kept, head.first_page +
				       head.nr_pages * PAGE_BYTES);
		*kept = head;
		return rc < 0 ? rc : 0;
	}
	undo_rollback();
	rc = nodes_recover(srv);
	pages_recovered(srv);
	return rc < 0 ? rc : 1;
}

void keep_begin(struct srv *srv)
{
	undo_commit(srv);
	atomic_signal_fence(memory_order_seq_cst);
	kept->magic = KEEP_MAGIC;
}
