/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users: one object per real user id that has a process, a queued signal or a pipe.  Signals and
 * pipes may outlive the process that created them, so each of them holds a reference.
 *
 * users_lock protects the list and is a leaf.  An object is in the list exactly as long as it has
 * references: the last reference is dropped under the lock, so no search finds a dying object.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/spinlock.h>
#include <neurath/user.h>

static DEFINE_SPINLOCK_RANK(users_lock, RANK_LEAF);
static LIST_HEAD(users);		/* (users_lock) all but root_user */

/* Kernel threads belong to root, too. */
struct user root_user = { .refs = ATOMIC_INIT(1), .node = LIST_HEAD_INIT(root_user.node) };

/* The user with a reference, or NULL.  Caller holds users_lock. */
static struct user *user_lookup(uid_t uid)
{
	struct user *u;

	assert_spin_held(&users_lock);
	list_for_each_entry(u, &users, node) {
		if (u->uid == uid)
			return user_get(u);
	}
	return NULL;
}

struct user *user_find_get(uid_t uid)
{
	struct user *u, *fresh;
	unsigned long flags;

	if (uid == 0)
		return user_get(&root_user);
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return NULL;
	fresh->uid = uid;
	atomic_set(&fresh->refs, 1);
	spin_lock_irqsave(&users_lock, flags);
	u = user_lookup(uid);
	if (!u)
		list_add(&fresh->node, &users);
	spin_unlock_irqrestore(&users_lock, flags);
	if (!u)
		return fresh;
	kfree(fresh);
	return u;
}

void user_put(struct user *u)
{
	unsigned long flags;
	bool last;

	spin_lock_irqsave(&users_lock, flags);
	last = atomic_dec_and_test(&u->refs);
	if (last) {
		assert(u != &root_user && !u->nr_tasks && !atomic_read(&u->nr_signals) &&
		       !atomic_long_read(&u->nr_pipe_pages));
		list_del(&u->node);
	}
	spin_unlock_irqrestore(&users_lock, flags);
	if (last)
		kfree(u);
}
