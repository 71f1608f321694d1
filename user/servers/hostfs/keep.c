/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State that outlives the process, in the memory of the port: the number of this process, and the
 * requests in progress that must not be executed twice.
 *
 * The host forgets the open files of a hostfs that died.  So handles contain the number of their
 * process, and handles of an earlier process are invalid.  Requests by path come again with their
 * tags.  A read-only request is repeated; a change that an earlier process had begun is not
 * repeated, because the host may have made it.  The process may die between any two instructions;
 * each note is one store.
 *
 * One note for each job is enough: a note of an earlier process may be overwritten as soon as
 * this process begins a request.  Requests come in the order of their tags, repeated requests
 * before all others (docs/ipc.md), and are begun in that order.  So a request that begins now is
 * newer than all requests that were begun before, and every request that comes again has come by
 * then: the clients of the remaining notes are dead.
 */
#include <fcntl.h>
#include "hostfs.h"

#define KEEP_ADDRESS	((void *)0x600000000000)
#define KEEP_BYTES	4096
#define KEEP_MAGIC	(0x686f737400000000ull + sizeof(struct kept))
#define NOTES		JOBS

struct kept {
	uint64_t magic;
	uint64_t processes;		/* so far */
	uint64_t begun[NOTES];		/* tags; 0 = free */
};
_Static_assert(sizeof(struct kept) <= KEEP_BYTES, "what is kept fits");

static struct kept *const kept = KEEP_ADDRESS;
static bool ours[NOTES];		/* written by this process: its request is in progress */

int keep_open(struct srv *srv)
{
	int ret = srv_memory(srv, KEEP_ADDRESS, KEEP_BYTES);

	if (ret < 0)
		return ret;
	/* New memory is zero. */
	kept->magic = KEEP_MAGIC;
	kept->processes++;
	return 0;
}

uint64_t keep_handle(uint32_t index)
{
	return kept->processes << 32 | index;
}

bool keep_is_ours(uint64_t handle)
{
	return handle >> 32 == (uint32_t)kept->processes;
}

/* A request by handle needs no note: the next process does not know the handle. */
static bool changes_names(const struct port_request *req)
{
	if (!srv_by_path(req))
		return false;
	switch (req->op) {
	case PORT_OPEN:
		return req->arg[0] & O_CREAT;
	case PORT_STAT:
	case PORT_READLINK:
	case PORT_STATFS:
		return false;
	}
	return true;
}

void keep_begins(const struct port_request *req)
{
	unsigned slot = 0;

	if (!changes_names(req))
		return;
	while (ours[slot])
		slot++;
	ours[slot] = true;
	kept->begun[slot] = req->tag;
}

void keep_ended(uint64_t tag)
{
	for (unsigned i = 0; i < NOTES; i++) {
		if (ours[i] && kept->begun[i] == tag) {
			kept->begun[i] = 0;
			ours[i] = false;
		}
	}
}

bool keep_was_begun(uint64_t tag)
{
	for (unsigned i = 0; i < NOTES; i++) {
		if (!ours[i] && kept->begun[i] == tag) {
			kept->begun[i] = 0;
			return true;
		}
	}
	return false;
}
