/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outlives the process, in the memory of the port: which process of how many this is, and the
 * requests in progress that must not be carried out twice.
 *
 * The host forgets the open files of a hostfs that died, so handles carry the number of their
 * process, and those of an earlier one lead nowhere.  Requests by path come again with their tags:
 * a look is repeated, a change that an earlier process had begun is not, for the host may have made
 * it.  The process may die between any two instructions; each note is one store.
 */
#include <fcntl.h>
#include "hostfs.h"

#define KEEP_ADDRESS	((void *)0x600000000000)
#define KEEP_BYTES	4096
#define KEEP_MAGIC	(0x686f737400000000ull + sizeof(struct kept))
#define NOTES		(4 * JOBS)

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
	int rc = srv_memory(srv, KEEP_ADDRESS, KEEP_BYTES);

	if (rc < 0)
		return rc;
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

/* What is asked by handle needs no note: the next process does not know the handle. */
static bool changes_names(const struct port_request *req)
{
	if (!srv_by_path(req))
		return false;
	switch (req->op) {
	case PORT_OPEN:
		return req->arg[0] & (O_CREAT | O_TRUNC);
	case PORT_STAT:
	case PORT_READLINK:
	case PORT_STATFS:
		return false;
	}
	return true;
}

void keep_begins(const struct port_request *req)
{
	unsigned slot = 0, i;

	if (!changes_names(req))
		return;
	/* There are more notes than jobs.  One that nobody asked for again is of a dead client. */
	for (i = 0; i < NOTES; i++)
		if (!ours[i] && (ours[slot] || !kept->begun[i]))
			slot = i;
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
