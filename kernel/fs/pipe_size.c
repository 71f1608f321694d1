/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The size of a pipe's ring (fcntl F_SETPIPE_SZ), and the limits for the rings of one user: the
 * three values in /proc/sys/fs, as in pipe(7) (kernel/proc/pipe_limits.c).
 *
 * A ring counts for the real user id of the process that created the pipe, as long as the ring
 * exists, whichever process has it open.  Above the soft limit a new pipe gets two pages and no
 * pipe can grow.  Above the hard limit no pipe can be created.  Neither limit applies to root.
 *
 * Each change adds to the sum before it checks the sum, so two changes at once cannot both pass
 * below the limit.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/user.h>
#include "fs_internal.h"
#include "pipe.h"

#define DEFAULT_PAGES	16
#define SOFT_PAGES	2		/* for a new pipe above the soft limit */
#define SIZE_MAX_ARG	BIT(31)		/* Linux's maximum */
/* A ring up to this size is one block of memory; a larger one is mapped page by page. */
#define BLOCK_BYTES	(DEFAULT_PAGES * PAGE_SIZE)

/* The sysctls; each is read and written in one access. */
unsigned long pipe_max_size = 1 << 20;		/* bytes */
unsigned long pipe_user_pages_hard;		/* 0 = no limit */
unsigned long pipe_user_pages_soft = 16384;	/* 0 = no limit */

/* ---- the sum of a user ---------------------------------------------------------------- */

/* Adds @pages and returns the new sum. */
static unsigned long pipe_charge(struct user *user, long pages)
{
	long sum = atomic_long_add_return(pages, &user->nr_pipe_pages);

	assert(sum >= 0);
	return sum;
}

static bool pipe_over(const unsigned long *limit, unsigned long pages)
{
	unsigned long max = READ_ONCE(*limit);

	return max && pages > max && !is_superuser();
}

static struct user *pipe_user(void)
{
	struct process *p = current->process;
	struct user *user;
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	user = user_get(p->user);
	spin_unlock_irqrestore(&p->lock, flags);
	return user;
}

/* ---- the ring --------------------------------------------------------------------------- */

static u8 *ring_alloc(size_t size)
{
	return size > BLOCK_BYTES ? vmalloc(size) : kmalloc(size, GFP_KERNEL);
}

static void ring_free(u8 *ring, size_t size)
{
	if (size > BLOCK_BYTES)
		vfree(ring);
	else
		kfree(ring);
}

int pipe_init_ring(struct pipe *p)
{
	struct user *user = pipe_user();
	long pages = DEFAULT_PAGES;
	unsigned long sum = pipe_charge(user, pages);
	int error = -ENFILE;

	if (pipe_over(&pipe_user_pages_soft, sum)) {
		sum = pipe_charge(user, SOFT_PAGES - pages);
		pages = SOFT_PAGES;
	}
	if (!pipe_over(&pipe_user_pages_hard, sum)) {
		p->data = ring_alloc(pages * PAGE_SIZE);
		if (p->data) {
			p->size = pages * PAGE_SIZE;
			p->user = user;
			return 0;
		}
		error = -ENOMEM;
	}
	pipe_charge(user, -pages);
	user_put(user);
	return error;
}

void pipe_free_ring(struct pipe *p)
{
	ring_free(p->data, p->size);
	pipe_charge(p->user, -(long)(p->size / PAGE_SIZE));
	user_put(p->user);
}

/* ---- F_GETPIPE_SZ, F_SETPIPE_SZ ----------------------------------------------------------- */

long pipe_get_size(struct file *f)
{
	const struct pipe *p = f->private;

	return READ_ONCE(p->size);
}

/*
 * Moves the contents to @data, of @size bytes.  They keep their positions modulo 2^32, which
 * pollers read without the lock.  Caller holds the lock.
 */
static void pipe_move_ring(struct pipe *p, u8 *data, u32 size)
{
	u32 n;

	assert_mutex_held(&p->lock);
	assert(p->head - p->tail <= size);
	for (u32 pos = p->tail; pos != p->head; pos += n) {
		u32 from = pos & (p->size - 1), to = pos & (size - 1);

		n = min(p->head - pos, min(p->size - from, size - to));
		memcpy(data + to, p->data + from, n);
	}
	ring_free(p->data, p->size);
	p->data = data;
	WRITE_ONCE(p->size, size);
}

/* @size is a valid size of a ring.  Caller holds the lock. */
static int pipe_resize(struct pipe *p, u32 size)
{
	long pages = (long)(size / PAGE_SIZE) - (long)(p->size / PAGE_SIZE);
	unsigned long sum;
	u8 *data;
	int error;

	assert_mutex_held(&p->lock);
	if (pages > 0 && size > READ_ONCE(pipe_max_size) && !is_superuser())
		return -EPERM;
	if (p->head - p->tail > size)
		return -EBUSY;
	sum = pipe_charge(p->user, pages);
	error = -EPERM;
	if (pages <= 0 || !(pipe_over(&pipe_user_pages_soft, sum) ||
			    pipe_over(&pipe_user_pages_hard, sum))) {
		data = ring_alloc(size);
		if (data) {
			pipe_move_ring(p, data, size);
			return 0;
		}
		error = -ENOMEM;
	}
	pipe_charge(p->user, -pages);
	return error;
}

/* The next power of two of whole pages; 0 = too large for a ring. */
u32 pipe_round_size(unsigned long bytes)
{
	u32 size = PAGE_SIZE;

	if (bytes > SIZE_MAX_ARG)
		return 0;
	while (size < bytes)
		size <<= 1;
	return size;
}

long pipe_set_size(struct file *f, unsigned long bytes)
{
	struct pipe *p = f->private;
	u32 size = pipe_round_size(bytes);
	int error;

	if (!size)
		return -EINVAL;
	mutex_lock(&p->lock);
	error = size == p->size ? 0 : pipe_resize(p, size);
	mutex_unlock(&p->lock);
	if (!error)
		wake_up_all(&p->wait);		/* there may be room now */
	return error ? error : (long)size;
}
