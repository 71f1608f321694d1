/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poll(2): waits until one of several files is ready; select.c uses this wait, too.  The kernel
 * stores the readiness of a server's file (the server pushes it), so no server is called here.
 * epoll does not exist: -ENOSYS, as for every system call without a definition.
 *
 * The first scan borrows the files, and is enough if a file is ready or the call must not wait.
 * Otherwise a table is made with a reference and a queue entry for each file.  The table stays
 * until the call ends.
 *
 * Restart: poll(2) keeps its absolute deadline in the task's restart block. ppoll, select and
 * pselect6 write the remaining time back to the caller before they are repeated.  So a kick or a
 * stop does not extend a wait.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

#define POLL_ON_STACK	16

/* Tables up to this size are contiguous. */
#define POLL_KMALLOC	(32 * 1024UL)

/* A descriptor in the wait. */
struct poll_waiter {
	struct file *file;		/* with a reference, or NULL */
	struct wait_entry wait;
};

void *poll_alloc(size_t n, size_t size)
{
	return n * size > POLL_KMALLOC ? vmalloc(n * size) : kmalloc(n * size, GFP_KERNEL);
}

void poll_free(void *table, size_t n, size_t size)
{
	if (n * size > POLL_KMALLOC)
		vfree(table);
	else
		kfree(table);
}

/* ---- the wait ----------------------------------------------------------------------- */

/* Fills revents; true if it is not 0. */
static __always_inline bool poll_look_at(struct pollfd *pfd, struct file *f)
{
	unsigned got = 0;

	if (f && likely(!(f->flags & O_PATH)))
		got = file_poll(f) & ((u16)pfd->events | POLLERR | POLLHUP);
	else if (pfd->fd >= 0)
		got = POLLNVAL;
	pfd->revents = got;
	return got;
}

/* Returns the number of descriptors that are ready now. */
static int poll_scan(struct pollfd *fds, unsigned n)
{
	int ready = 0;

	for (unsigned i = 0; i < n; i++) {
		bool counted;
		struct file *f = fd_borrow(fds[i].fd, &counted);

		ready += poll_look_at(&fds[i], f);
		if (f)
			fd_return(f, counted);
	}
	return ready;
}

/* The same during the wait: a descriptor closed since then still stands for its old file. */
static int poll_scan_waiters(struct pollfd *fds, const struct poll_waiter *waiters, unsigned n)
{
	int ready = 0;

	for (unsigned i = 0; i < n; i++)
		ready += poll_look_at(&fds[i], waiters[i].file);
	return ready;
}

/* Called under the queue's lock.  The entry stays on the queue until poll_unwatch(). */
static bool poll_wake(struct wait_entry *entry)
{
	return wake_up_state(entry->task, TASK_NORMAL);
}

static void poll_watch(const struct pollfd *fds, struct poll_waiter *waiters, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		init_wait_entry(&waiters[i].wait);
		waiters[i].wait.func = poll_wake;
		waiters[i].file = fds[i].fd >= 0 ? fd_get(fds[i].fd) : NULL;
		if (waiters[i].file)
			prepare_to_wait(waiters[i].file->poll_wq, &waiters[i].wait,
					TASK_INTERRUPTIBLE);
	}
}

static void poll_unwatch(struct poll_waiter *waiters, unsigned n)
{
	__set_current_state(TASK_RUNNING);
	for (unsigned i = 0; i < n; i++) {
		if (!waiters[i].file)
			continue;
		finish_wait(waiters[i].file->poll_wq, &waiters[i].wait);
		file_put(waiters[i].file);
	}
}

/*
 * Sleeps on all queues until a descriptor is ready, the time is up (0), or a signal is pending
 * (-EINTR).  The state is set before each scan, with a full barrier: a change that the scan does
 * not see is followed by a wake-up that sees the state.
 */
static int poll_sleep(struct pollfd *fds, const struct poll_waiter *waiters, unsigned n,
		      u64 deadline)
{
	bool late = false;
	int ready;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		ready = poll_scan_waiters(fds, waiters, n);
		if (ready || late)
			return ready;
		if (signal_pending(current))
			return -EINTR;
		late = schedule_until(deadline);
	}
}

int poll_wait(struct pollfd *fds, unsigned n, u64 deadline)
{
	struct poll_waiter few[POLL_ON_STACK / 4], *waiters = few;
	int ready = poll_scan(fds, n);

	if (ready)
		return ready;
	if (signal_pending(current))
		return -EINTR;
	if (deadline == POLL_NOW)
		return 0;
	if (n > ARRAY_SIZE(few))
		waiters = poll_alloc(n, sizeof(*waiters));
	if (!waiters)
		return -ENOMEM;
	poll_watch(fds, waiters, n);
	ready = poll_sleep(fds, waiters, n, deadline);
	poll_unwatch(waiters, n);
	if (waiters != few)
		poll_free(waiters, n, sizeof(*waiters));
	return ready;
}

/* ---- poll ------------------------------------------------------------------------------ */

static int poll_run(struct pollfd __user *ufds, unsigned n, struct pollfd *fds, u64 deadline)
{
	int ret;

	if (copy_from_user(fds, ufds, n * sizeof(*fds)))
		return -EFAULT;
	ret = poll_wait(fds, n, deadline);
	for (unsigned i = 0; i < n && ret >= 0; i++) {
		if (put_user(fds[i].revents, &ufds[i].revents))
			ret = -EFAULT;
	}
	return ret;
}

static int poll_do(struct pollfd __user *ufds, unsigned n, u64 deadline)
{
	struct pollfd few[POLL_ON_STACK], *fds = few;
	int ret;

	if (n > process_rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (n > POLL_ON_STACK)
		fds = poll_alloc(n, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	ret = poll_run(ufds, n, fds, deadline);
	if (fds != few)
		poll_free(fds, n, sizeof(*fds));
	return ret;
}

static long poll_restart(struct restart_block *rb)
{
	int error = poll_do((struct pollfd __user *)rb->arg[0], rb->arg[1], rb->deadline_ns);

	return error == -EINTR ? -ERESTART_RESTARTBLOCK : error;
}

SYSCALL_DEFINE3(poll, struct pollfd __user *, ufds, unsigned, n, int, timeout_ms)
{
	u64 deadline = timeout_ms < 0 ? POLL_FOREVER : POLL_NOW;
	int error;

	if (timeout_ms > 0)
		deadline = clock_ns() + timeout_ms * NSEC_PER_MSEC;
	error = poll_do(ufds, n, deadline);
	if (error != -EINTR)
		return error;
	current->restart = (struct restart_block){
		.fn = poll_restart, .deadline_ns = deadline, .arg = { (unsigned long)ufds, n } };
	return -ERESTART_RESTARTBLOCK;
}

SYSCALL_DEFINE5(ppoll, struct pollfd __user *, ufds, unsigned, n, struct timespec64 __user *, uts,
		const sigset_t __user *, umask, size_t, size)
{
	u64 deadline;
	int error = poll_deadline(uts, &deadline);

	if (!error)
		error = poll_set_mask(umask, size);
	if (error)
		return error;
	error = poll_do(ufds, n, deadline);
	poll_store_left(uts, deadline);
	return error == -EINTR ? -ERESTARTNOHAND : error;
}
