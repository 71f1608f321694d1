/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flock(2): advisory locks on whole files.  A lock belongs to an open file description, so dup
 * and fork share it, and it ends with the last descriptor.  A file is identified by the device
 * and inode numbers that its server reports; servers do not know about locks.
 *
 * A change from shared to exclusive or back first releases the old lock, as the ABI specifies.
 * Another waiter may get the lock in between, and with LOCK_NB the old lock is lost if the new
 * one is not available.
 *
 * Lock: flock_lock, a leaf except for the wait queue.  No memory is allocated under it.
 */
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

#define LOCK_SH		1
#define LOCK_EX		2
#define LOCK_NB		4
#define LOCK_UN		8

struct flock {
	struct list_head node;		/* (flock_lock) flock_held */
	/* The owner; no reference: file_put() removes the lock. */
	struct file *file;
	u64 dev, ino;
	bool exclusive;
};

static DEFINE_SPINLOCK_RANK(flock_lock, RANK_FILES);
static LIST_HEAD(flock_held);
/*
 * Woken when a lock is released.  One queue for all files: waiters are few, and each tests again.
 */
static DECLARE_WAIT_QUEUE_HEAD(flock_released);

static struct flock *flock_find(const struct file *f)
{
	struct flock *lock;

	assert_spin_held(&flock_lock);
	list_for_each_entry(lock, &flock_held, node)
		if (lock->file == f)
			return lock;
	return NULL;
}

static bool flock_conflicts(const struct flock *new)
{
	const struct flock *lock;

	assert_spin_held(&flock_lock);
	list_for_each_entry(lock, &flock_held, node)
		if (lock->file != new->file && lock->dev == new->dev && lock->ino == new->ino &&
		    (lock->exclusive || new->exclusive))
			return true;
	return false;
}

/*
 * True if @new is held now.  *@stale is a lock of the same description that @new replaces
 * (another thread made it at the same time); the caller frees it.
 */
static bool flock_try(struct flock *new, struct flock **stale)
{
	bool free;

	*stale = NULL;
	spin_lock(&flock_lock);
	free = !flock_conflicts(new);
	if (free) {
		*stale = flock_find(new->file);
		if (*stale)
			list_del(&(*stale)->node);
		list_add_tail(&new->node, &flock_held);
	}
	spin_unlock(&flock_lock);
	return free;
}

/* Removes the lock of @f, if it has one, when its last descriptor is closed. */
static void flock_drop(struct file *f)
{
	struct flock *lock;

	spin_lock(&flock_lock);
	lock = flock_find(f);
	if (lock)
		list_del(&lock->node);
	spin_unlock(&flock_lock);
	if (!lock)
		return;
	kfree(lock);
	wake_up_all(&flock_released);
}

static bool flock_has(const struct file *f, bool exclusive)
{
	const struct flock *lock;
	bool same;

	spin_lock(&flock_lock);
	lock = flock_find(f);
	same = lock && lock->exclusive == exclusive;
	spin_unlock(&flock_lock);
	return same;
}

static int flock_take(struct file *f, bool exclusive, bool wait)
{
	struct flock *new, *stale;
	struct stat st;
	int error = file_stat(f, &st);

	if (error || flock_has(f, exclusive))
		return error;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	*new = (struct flock){
		.file = f, .dev = st.st_dev, .ino = st.st_ino, .exclusive = exclusive };
	flock_drop(f);
	f->drop_lock = flock_drop;
	if (wait)
		error = wait_event_interruptible(flock_released, flock_try(new, &stale));
	else if (!flock_try(new, &stale))
		error = -EAGAIN;
	kfree(error ? new : stale);
	return error;
}

/*
 * flock(2).  @operation: LOCK_SH, LOCK_EX or LOCK_UN, with LOCK_NB for -EAGAIN instead of
 * waiting.  -EBADF, -EINVAL, -ENOMEM, -EINTR (restarted with SA_RESTART).
 */
SYSCALL_DEFINE2(flock, int, fd, int, operation)
{
	struct file *f = fd_get(fd);
	int error = 0;

	if (!f)
		return -EBADF;
	switch (operation & ~LOCK_NB) {
	case LOCK_SH:
	case LOCK_EX:
		error = flock_take(f, (operation & ~LOCK_NB) == LOCK_EX, !(operation & LOCK_NB));
		break;
	case LOCK_UN:
		flock_drop(f);
		break;
	default:
		error = -EINVAL;
	}
	file_put(f);
	return error;
}
