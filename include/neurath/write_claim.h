/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A claim that a file is being written, or must not be written; kernel/fs/write_access.c
 * implements it.  It is embedded in its owner; zeroed = no claim.
 */
#ifndef NEURATH_WRITE_CLAIM_H
#define NEURATH_WRITE_CLAIM_H

#include <neurath/list.h>
#include <neurath/types.h>

/* Legend: (w) write_access_lock; what is held is constant. */
struct write_claim {
	struct list_head link;		/* (w) */
	u64 port, node;			/* (w) the file: id of its port, its number there */
	bool writes;			/* (w) false: forbids writing */
	bool held;			/* (w) */
};

/* Also for a claim that is not held. (task) */
void write_claim_drop(struct write_claim *c);

#endif
