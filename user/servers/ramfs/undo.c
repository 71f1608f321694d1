/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The undo log: the contents of kept memory before the changes of the present request.  A process
 * that dies leaves its log behind, and the next process restores everything.
 *
 * The log protects only against the death of the process, not against a loss of power: every
 * store before the death is in memory, in program order.  So only the compiler must be prevented
 * from reordering.  A record is complete before log_used counts it, and it is counted before the
 * caller's store.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "ramfs.h"

/* The part of the log that stays allocated between requests. */
#define LOG_RESIDENT	(256 * 1024)

/* Behind the old bytes, so that the log can be read backwards. */
struct undo_record {
	void *at;
	uint64_t len;
};

static uint64_t log_peak;

static uint8_t *log_at(uint64_t offset)
{
	return (uint8_t *)KEEP_ADDRESS + kept->log_offset + offset;
}

static size_t padded(size_t n)
{
	return (n + 7) & ~7ul;
}

void *undo(void *p, size_t n)
{
	uint64_t end = kept->log_used + padded(n) + sizeof(struct undo_record);
	struct undo_record record = { p, n };

	/* The limits of directories and files ensure that this cannot happen. */
	if (end > kept->log_bytes)
		abort();
	if (n == sizeof(uint64_t))
		memcpy(log_at(kept->log_used), p, sizeof(uint64_t));	/* one instruction */
	else
		memcpy(log_at(kept->log_used), p, n);
	memcpy(log_at(end - sizeof(record)), &record, sizeof(record));
	atomic_signal_fence(memory_order_seq_cst);
	kept->log_used = end;
	atomic_signal_fence(memory_order_seq_cst);
	return p;
}

void undo_commit(struct srv *srv)
{
	if (kept->log_used > log_peak)
		log_peak = kept->log_used;
	atomic_signal_fence(memory_order_seq_cst);
	kept->log_used = 0;
	atomic_signal_fence(memory_order_seq_cst);
	if (log_peak > LOG_RESIDENT) {
		port_discard(srv->port, log_at(LOG_RESIDENT), kept->log_bytes - LOG_RESIDENT);
		log_peak = 0;
	}
	pages_committed(srv);
}

/* It may itself be interrupted by death: a record is removed after it was restored. */
void undo_rollback(void)
{
	while (kept->log_used) {
		uint64_t end = kept->log_used;
		struct undo_record record;

		memcpy(&record, log_at(end - sizeof(record)), sizeof(record));
		end -= sizeof(record) + padded(record.len);
		memcpy(record.at, log_at(end), record.len);
		atomic_signal_fence(memory_order_seq_cst);
		kept->log_used = end;
		atomic_signal_fence(memory_order_seq_cst);
	}
}
