/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writers of a file exclude its use as a program that runs, or as a module that is being loaded,
 * and the reverse: the second one gets -ETXTBSY.
 *
 * A claim states one of the two about a file of a server.  All claims on one file are of the same
 * kind, so the first one found decides.  A file is identified by its number at its server, so the
 * name by which it was opened and its mount do not matter.  The server does not reuse the number
 * while the claim lasts, because the file is open.
 *
 * Lock: write_access_lock, a leaf.  Nothing is allocated: a claim is part of its owner.
 */
#include <neurath/bug.h>
#include <neurath/init.h>
#include "fs_internal.h"

#define BUCKETS	64

static DEFINE_SPINLOCK_RANK(write_access_lock, RANK_LEAF);
static struct list_head claims[BUCKETS];	/* (write_access_lock) */

void write_access_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		INIT_LIST_HEAD(&claims[i]);
}

static struct list_head *claim_bucket(const struct write_claim *c)
{
	return &claims[(c->node ^ c->port) % BUCKETS];
}

static bool claim_conflicts(const struct write_claim *new)
{
	const struct write_claim *c;

	assert_spin_held(&write_access_lock);
	list_for_each_entry(c, claim_bucket(new), link)
		if (c->node == new->node && c->port == new->port)
			return c->writes != new->writes;
	return false;
}

int write_claim_get(struct write_claim *c, u64 port, u64 node, bool writes)
{
	bool busy;

	assert(!c->held);
	c->port = port;
	c->node = node;
	c->writes = writes;
	spin_lock(&write_access_lock);
	busy = claim_conflicts(c);
	if (!busy) {
		c->held = true;
		list_add(&c->link, claim_bucket(c));
	}
	spin_unlock(&write_access_lock);
	return busy ? -ETXTBSY : 0;
}

void write_claim_drop(struct write_claim *c)
{
	if (!c->held)
		return;
	spin_lock(&write_access_lock);
	list_del(&c->link);
	c->held = false;
	spin_unlock(&write_access_lock);
}
