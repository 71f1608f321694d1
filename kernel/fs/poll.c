/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poll and select: waiting until one of several files is ready.  The readiness of
 * a server's file is kept in the kernel (the server pushes it), so nothing here calls
 * a server.  epoll does not exist: -ENOSYS, as for every call without a definition.
 *
 * Restart: poll(2) keeps its absolute deadline in the task's restart block; ppoll,
 * select and pselect6 write the time that is left back to the caller before they are
 * made again.  So a kick or a stop never prolongs a wait.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

#define POLL_FOREVER	UINT64_MAX
#define POLL_ON_STACK	4

/* One watched descriptor. */
struct poll_item {
	struct pollfd pfd;
	struct file *file;		/* with a reference, or NULL */
	struct wait_entry wait;
};

/* ---- the wait ----------------------------------------------------------------------- */

/* Fills revents of all; how many are not 0. */
static int poll_scan(struct poll_item *items, unsigned n)
{
	int ready = 0;

	for (unsigned i = 0; i < n; i++) {
		struct poll_item *it = &items[i];
		unsigned got = 0;

		if (it->file)
			got = file_poll(it->file) & ((u16)it->pfd.events | POLLERR | POLLHUP);
		else if (it->pfd.fd >= 0)
			got = POLLNVAL;
		it->pfd.revents = got;
		ready += got != 0;
	}
	return ready;
}

static void poll_enqueue(struct poll_item *items, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (items[i].file)
			prepare_to_wait(items[i].file->poll_wq, &items[i].wait, TASK_INTERRUPTIBLE);
	}
	set_current_state(TASK_INTERRUPTIBLE);	/* also when there is no file at all */
}

static void poll_dequeue(struct poll_item *items, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (items[i].file)
			finish_wait(items[i].file->poll_wq, &items[i].wait);
	}
	__set_current_state(TASK_RUNNING);
}

/* Sleeps until something is ready: their number, 0 = time is up, -EINTR. */
static int poll_wait(struct poll_item *items, unsigned n, u64 deadline)
{
	int ready = poll_scan(items, n);
	bool late = false;

	while (!ready && !late) {
		poll_enqueue(items, n);
		ready = poll_scan(items, n);
		if (ready)
			break;
		if (signal_pending(current)) {
			ready = -EINTR;
			break;
		}
		if (deadline == POLL_FOREVER)
			schedule();
		else
			late = schedule_until(deadline);
		ready = poll_scan(items, n);
	}
	poll_dequeue(items, n);
	return ready;
}

static void poll_get_files(struct poll_item *items, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		init_wait_entry(&items[i].wait);
		items[i].file = items[i].pfd.fd >= 0 ? fd_get(items[i].pfd.fd) : NULL;
	}
}

static void poll_put_files(struct poll_item *items, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (items[i].file)
			file_put(items[i].file);
	}
}

/* ---- poll ------------------------------------------------------------------------------ */

static int poll_run(struct pollfd __user *ufds, unsigned n, struct poll_item *items, u64 deadline)
{
	int ret;

	for (unsigned i = 0; i < n; i++) {
		if (copy_from_user(&items[i].pfd, &ufds[i], sizeof(items[i].pfd)))
			return -EFAULT;
	}
	poll_get_files(items, n);
	ret = poll_wait(items, n, deadline);
	poll_put_files(items, n);
	for (unsigned i = 0; i < n && ret >= 0; i++) {
		if (put_user(items[i].pfd.revents, &ufds[i].revents))
			ret = -EFAULT;
	}
	return ret;
}

static int poll_do(struct pollfd __user *ufds, unsigned n, u64 deadline)
{
	struct poll_item few[POLL_ON_STACK], *items = few;
	int ret;

	if (n > min_t(u64, process_rlimit(RLIMIT_NOFILE), OPEN_MAX))
		return -EINVAL;
	if (n > POLL_ON_STACK) {
		items = kcalloc(n, sizeof(*items), GFP_KERNEL);
		if (!items)
			return -ENOMEM;
	}
	ret = poll_run(ufds, n, items, deadline);
	if (items != few)
		kfree(items);
	return ret;
}

static long poll_restart(struct restart_block *rb)
{
	int ret = poll_do((struct pollfd __user *)rb->arg[0], rb->arg[1], rb->deadline_ns);

	return ret == -EINTR ? -ERESTART_RESTARTBLOCK : ret;
}

SYSCALL_DEFINE3(poll, struct pollfd __user *, ufds, unsigned, n, int, timeout_ms)
{
	u64 deadline = timeout_ms < 0 ? POLL_FOREVER : clock_ns() + timeout_ms * NSEC_PER_MSEC;
	int ret = poll_do(ufds, n, deadline);

	if (ret != -EINTR)
		return ret;
	current->restart = (struct restart_block){
		.fn = poll_restart, .deadline_ns = deadline, .arg = { (unsigned long)ufds, n } };
	return -ERESTART_RESTARTBLOCK;
}

/* ---- timeouts in user memory --------------------------------------------------------------- */

/* Deadline of a relative timespec; NULL = for ever. */
static int poll_deadline(const struct timespec64 __user *uts, u64 *deadline)
{
	struct timespec64 ts;

	*deadline = POLL_FOREVER;
	if (!uts)
		return 0;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	if (ts.tv_sec < (s64)(INT64_MAX / NSEC_PER_SEC / 2))
		*deadline = clock_ns() + ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	return 0;
}

static u64 poll_time_left(u64 deadline)
{
	u64 now = clock_ns();

	return deadline > now ? deadline - now : 0;
}

static void poll_store_left(struct timespec64 __user *uts, u64 deadline)
{
	u64 left = poll_time_left(deadline);
	struct timespec64 ts = { .tv_sec = left / NSEC_PER_SEC, .tv_nsec = left % NSEC_PER_SEC };

	/* Failure is no error: the result of the call counts (the ABI says so). */
	if (uts && deadline != POLL_FOREVER)
		(void)copy_to_user(uts, &ts, sizeof(ts));
}

/* The signal mask for the duration of the call; it comes back on the way out. */
static int poll_set_mask(const sigset_t __user *umask, size_t size)
{
	sigset_t set;

	if (!umask)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (get_user(set, umask))
		return -EFAULT;
	set_saved_sigmask(set);
	return 0;
}

SYSCALL_DEFINE5(ppoll, struct pollfd __user *, ufds, unsigned, n, struct timespec64 __user *, uts,
		const sigset_t __user *, umask, size_t, size)
{
	u64 deadline;
	int ret = poll_deadline(uts, &deadline);

	if (!ret)
		ret = poll_set_mask(umask, size);
	if (ret)
		return ret;
	ret = poll_do(ufds, n, deadline);
	poll_store_left(uts, deadline);
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

/* ---- select -------------------------------------------------------------------------------- */

#define SELECT_WORDS	(OPEN_MAX / 64)

/* The three sets of one call, in and out. */
struct select_sets {
	unsigned long set[3][SELECT_WORDS];	/* read, write, except */
};

static const unsigned select_wants[3] = {
	POLLIN | POLLRDNORM | POLLRDBAND, POLLOUT | POLLWRNORM | POLLWRBAND, POLLPRI };
static const unsigned select_counts[3] = {
	POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
	POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR, POLLPRI };

static bool select_test(const struct select_sets *s, unsigned which, unsigned fd)
{
	return s->set[which][fd / 64] & BIT(fd % 64);
}

/* Items for all descriptors that some set names; *n of them.  NULL = no memory. */
static struct poll_item *select_items(const struct select_sets *s, unsigned nfds, unsigned *n)
{
	struct poll_item *items;
	unsigned count = 0;

	for (unsigned fd = 0; fd < nfds; fd++)
		count += select_test(s, 0, fd) || select_test(s, 1, fd) || select_test(s, 2, fd);
	items = kcalloc(count ? count : 1, sizeof(*items), GFP_KERNEL);
	*n = 0;
	for (unsigned fd = 0; items && fd < nfds; fd++) {
		unsigned events = 0;

		for (unsigned w = 0; w < 3; w++)
			events |= select_test(s, w, fd) ? select_wants[w] : 0;
		if (events)
			items[(*n)++].pfd = (struct pollfd){ .fd = fd, .events = events };
	}
	return items;
}

/* Turns revents into sets: how many bits are set, or -EBADF. */
static int select_result(struct select_sets *s, const struct poll_item *items, unsigned n)
{
	struct select_sets out = { 0 };
	int bits = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned fd = items[i].pfd.fd;

		if (items[i].pfd.revents & POLLNVAL)
			return -EBADF;
		for (unsigned w = 0; w < 3; w++) {
			if (!select_test(s, w, fd) || !(items[i].pfd.revents & select_counts[w]))
				continue;
			out.set[w][fd / 64] |= BIT(fd % 64);
			bits++;
		}
	}
	*s = out;
	return bits;
}

static int select_do(struct select_sets *s, unsigned nfds, u64 deadline)
{
	unsigned n;
	struct poll_item *items = select_items(s, nfds, &n);
	int ret;

	if (!items)
		return -ENOMEM;
	poll_get_files(items, n);
	ret = poll_wait(items, n, deadline);
	poll_put_files(items, n);
	if (ret >= 0)
		ret = select_result(s, items, n);
	kfree(items);
	return ret;
}

static int select_copy(int nfds, void __user *const uset[3], u64 deadline)
{
	struct select_sets s = { 0 };
	size_t bytes;
	int ret;

	if (nfds < 0)
		return -EINVAL;
	nfds = min_t(int, nfds, OPEN_MAX);
	bytes = (nfds + 63) / 64 * 8;
	for (unsigned w = 0; w < 3; w++) {
		if (uset[w] && copy_from_user(s.set[w], uset[w], bytes))
			return -EFAULT;
	}
	ret = select_do(&s, nfds, deadline);
	for (unsigned w = 0; w < 3 && ret >= 0; w++) {
		if (uset[w] && copy_to_user(uset[w], s.set[w], bytes))
			return -EFAULT;
	}
	return ret;
}

SYSCALL_DEFINE6(pselect6, int, nfds, void __user *, rd, void __user *, wr, void __user *, ex,
		struct timespec64 __user *, uts, const void __user *, usig)
{
	struct { const sigset_t __user *set; size_t size; } sig = { NULL, 0 };
	u64 deadline;
	int ret = poll_deadline(uts, &deadline);

	if (!ret && usig && copy_from_user(&sig, usig, sizeof(sig)))
		ret = -EFAULT;
	if (!ret)
		ret = poll_set_mask(sig.set, sig.size);
	if (ret)
		return ret;
	ret = select_copy(nfds, (void __user *[]){ rd, wr, ex }, deadline);
	poll_store_left(uts, deadline);
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

SYSCALL_DEFINE5(select, int, nfds, void __user *, rd, void __user *, wr, void __user *, ex,
		s64 __user *, utv)
{
	u64 deadline = POLL_FOREVER, left;
	s64 tv[2];
	int ret;

	if (utv) {
		if (copy_from_user(tv, utv, sizeof(tv)))
			return -EFAULT;
		if (tv[0] < 0 || tv[1] < 0)
			return -EINVAL;
		if (tv[0] < INT32_MAX && tv[1] < INT32_MAX)
			deadline = clock_ns() + tv[0] * NSEC_PER_SEC + tv[1] * NSEC_PER_USEC;
	}
	ret = select_copy(nfds, (void __user *[]){ rd, wr, ex }, deadline);
	if (utv && deadline != POLL_FOREVER) {
		left = poll_time_left(deadline) / NSEC_PER_USEC;
		tv[0] = left / 1000000;
		tv[1] = left % 1000000;
		(void)copy_to_user(utv, tv, sizeof(tv));
	}
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}
