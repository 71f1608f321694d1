/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * select and pselect6: sets of descriptors are converted to a table for poll_wait(), and the
 * results back to sets.  Also the timeouts and signal masks in user memory, which ppoll uses,
 * too.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

/* ---- timeouts in user memory --------------------------------------------------------------- */

int poll_deadline(const struct timespec64 __user *uts, u64 *deadline)
{
	struct timespec64 ts;

	*deadline = POLL_FOREVER;
	if (!uts)
		return 0;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	if (!ts.tv_sec && !ts.tv_nsec)
		*deadline = POLL_NOW;
	else if (ts.tv_sec < (s64)(INT64_MAX / NSEC_PER_SEC / 2))
		*deadline = clock_ns() + ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	return 0;
}

u64 poll_time_left(u64 deadline)
{
	u64 now = deadline == POLL_NOW ? 0 : clock_ns();

	return deadline > now ? deadline - now : 0;
}

void poll_store_left(struct timespec64 __user *uts, u64 deadline)
{
	u64 left = poll_time_left(deadline);
	struct timespec64 ts = { .tv_sec = left / NSEC_PER_SEC, .tv_nsec = left % NSEC_PER_SEC };

	/* An error is ignored: the ABI says that the result of the call takes precedence. */
	if (uts && deadline != POLL_FOREVER)
		(void)copy_to_user(uts, &ts, sizeof(ts));
}

int poll_set_mask(const sigset_t __user *umask, size_t size)
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

/* ---- select -------------------------------------------------------------------------------- */

/* This number of descriptors, and of words of a set, fits on the stack. */
#define SELECT_FDS	32
#define SELECT_WORDS	(1024 / 64)

/* The three sets of one call (read, write, except): first the question, at the end the answer. */
struct select_sets {
	unsigned words;			/* of each set */
	unsigned long *set[3];
};

static const unsigned select_wants[3] = {
	POLLIN | POLLRDNORM | POLLRDBAND, POLLOUT | POLLWRNORM | POLLWRBAND, POLLPRI };
static const unsigned select_counts[3] = {
	POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
	POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR, POLLPRI };

/* The descriptors of word @i that are in any of the sets. */
static unsigned long select_any(const struct select_sets *s, unsigned i)
{
	return s->set[0][i] | s->set[1][i] | s->set[2][i];
}

static unsigned select_count(const struct select_sets *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->words; i++) {
		for (unsigned long any = select_any(s, i); any; any &= any - 1)
			n++;
	}
	return n;
}

/* Makes an entry of @fds for each descriptor that is in any of the sets. */
static void select_to_poll(const struct select_sets *s, struct pollfd *fds)
{
	for (unsigned i = 0; i < s->words; i++) {
		for (unsigned long any = select_any(s, i); any; any &= any - 1) {
			unsigned bit = __builtin_ctzl(any), events = 0;

			for (unsigned w = 0; w < 3; w++)
				events |= s->set[w][i] & BIT(bit) ? select_wants[w] : 0;
			*fds++ = (struct pollfd){ .fd = i * 64 + bit, .events = events };
		}
	}
}

/* Converts revents into sets.  Returns the number of bits that are set, or -EBADF. */
static int select_result(struct select_sets *s, const struct pollfd *fds, unsigned n)
{
	int bits = 0;

	for (unsigned w = 0; w < 3; w++)
		memset(s->set[w], 0, s->words * sizeof(long));
	for (unsigned i = 0; i < n; i++) {
		unsigned fd = fds[i].fd, events = fds[i].events, revents = fds[i].revents;

		if (revents & POLLNVAL)
			return -EBADF;
		for (unsigned w = 0; w < 3; w++) {
			if (!(events & select_wants[w]) || !(revents & select_counts[w]))
				continue;
			s->set[w][fd / 64] |= BIT(fd % 64);
			bits++;
		}
	}
	return bits;
}

static int select_do(struct select_sets *s, u64 deadline)
{
	unsigned n = select_count(s);
	struct pollfd few[SELECT_FDS], *fds = few;
	int ret;

	if (n > SELECT_FDS)
		fds = poll_alloc(n, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	select_to_poll(s, fds);
	ret = poll_wait(fds, n, deadline);
	if (ret >= 0)
		ret = select_result(s, fds, n);
	if (fds != few)
		poll_free(fds, n, sizeof(*fds));
	return ret;
}

/* Copies the sets from the user; missing sets are empty, bits from @nfds on are dropped. */
static int select_get(struct select_sets *s, unsigned nfds, void __user *const uset[3])
{
	for (unsigned w = 0; w < 3; w++) {
		if (!uset[w])
			memset(s->set[w], 0, s->words * sizeof(long));
		else if (copy_from_user(s->set[w], uset[w], s->words * sizeof(long)))
			return -EFAULT;
		if (nfds % 64)
			s->set[w][s->words - 1] &= BIT(nfds % 64) - 1;
	}
	return 0;
}

static int select_run(struct select_sets *s, unsigned nfds, void __user *const uset[3],
		      u64 deadline)
{
	int ret = select_get(s, nfds, uset);

	if (!ret)
		ret = select_do(s, deadline);
	for (unsigned w = 0; w < 3 && ret >= 0; w++) {
		if (uset[w] && copy_to_user(uset[w], s->set[w], s->words * sizeof(long)))
			return -EFAULT;
	}
	return ret;
}

/* Descriptors beyond the table cannot be open: as on Linux they are ignored. */
static int select_copy(int nfds, void __user *const uset[3], u64 deadline)
{
	unsigned long few[3 * SELECT_WORDS], *words = few;
	struct select_sets s;
	int ret;

	if (nfds < 0)
		return -EINVAL;
	nfds = min_t(unsigned, nfds, READ_ONCE(current->files->size));
	s.words = (nfds + 63) / 64;
	if (s.words > SELECT_WORDS)
		words = poll_alloc(3 * s.words, sizeof(*words));
	if (!words)
		return -ENOMEM;
	for (unsigned w = 0; w < 3; w++)
		s.set[w] = words + w * s.words;
	ret = select_run(&s, nfds, uset, deadline);
	if (words != few)
		poll_free(words, 3 * s.words, sizeof(*words));
	return ret;
}

SYSCALL_DEFINE6(pselect6, int, nfds, void __user *, rd, void __user *, wr, void __user *, ex,
		struct timespec64 __user *, uts, const void __user *, usig)
{
	struct { const sigset_t __user *set; size_t size; } sig = { NULL, 0 };
	u64 deadline;
	int error = poll_deadline(uts, &deadline);

	if (!error && usig && copy_from_user(&sig, usig, sizeof(sig)))
		error = -EFAULT;
	if (!error)
		error = poll_set_mask(sig.set, sig.size);
	if (error)
		return error;
	error = select_copy(nfds, (void __user *[]){ rd, wr, ex }, deadline);
	poll_store_left(uts, deadline);
	return error == -EINTR ? -ERESTARTNOHAND : error;
}

SYSCALL_DEFINE5(select, int, nfds, void __user *, rd, void __user *, wr, void __user *, ex,
		s64 __user *, utv)
{
	u64 deadline = POLL_FOREVER, left;
	s64 tv[2];
	int error;

	if (utv) {
		if (copy_from_user(tv, utv, sizeof(tv)))
			return -EFAULT;
		if (tv[0] < 0 || tv[1] < 0)
			return -EINVAL;
		if (!tv[0] && !tv[1])
			deadline = POLL_NOW;
		else if (tv[0] < INT32_MAX && tv[1] < INT32_MAX)
			deadline = clock_ns() + tv[0] * NSEC_PER_SEC + tv[1] * NSEC_PER_USEC;
	}
	error = select_copy(nfds, (void __user *[]){ rd, wr, ex }, deadline);
	if (utv && deadline != POLL_FOREVER) {
		left = poll_time_left(deadline) / NSEC_PER_USEC;
		tv[0] = left / 1000000;
		tv[1] = left % 1000000;
		(void)copy_to_user(utv, tv, sizeof(tv));
	}
	return error == -EINTR ? -ERESTARTNOHAND : error;
}
