/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resource limits.  Every limit is stored and inherited; docs/processes.md lists the limits that
 * the kernel enforces. process->lock protects a pair.
 */
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include "internal.h"

#define LIMIT_STACK	(8UL << 20)
#define LIMIT_MEMLOCK	(8UL << 20)
/* Descriptors: the range of select(), and the limit that a process may set without privilege. */
#define LIMIT_FILES	1024
#define LIMIT_FILES_MAX	4096
#define LIMIT_SIGNALS	4096
#define LIMIT_MSGQUEUE	819200
/* The stacks of one user's threads may take one part in STACKS_SHARE of the memory. */
#define STACKS_SHARE	16

static u64 limit_threads(void)
{
	return min(pages_total() / (KSTACK_SIZE >> PAGE_SHIFT) / STACKS_SHARE, PID_MAX / 2UL);
}

void process_default_rlimits(struct process *p)
{
	u64 threads = limit_threads();

	for (unsigned i = 0; i < RLIM_NLIMITS; i++)
		p->rlim[i] = (struct rlimit64){ RLIM_INFINITY, RLIM_INFINITY };
	p->rlim[RLIMIT_STACK].cur = LIMIT_STACK;
	p->rlim[RLIMIT_CORE].cur = 0;
	p->rlim[RLIMIT_NOFILE] = (struct rlimit64){ LIMIT_FILES, LIMIT_FILES_MAX };
	p->rlim[RLIMIT_NPROC] = (struct rlimit64){ threads, threads };
	p->rlim[RLIMIT_MEMLOCK] = (struct rlimit64){ LIMIT_MEMLOCK, LIMIT_MEMLOCK };
	p->rlim[RLIMIT_SIGPENDING] = (struct rlimit64){ LIMIT_SIGNALS, LIMIT_SIGNALS };
	p->rlim[RLIMIT_MSGQUEUE] = (struct rlimit64){ LIMIT_MSGQUEUE, LIMIT_MSGQUEUE };
	p->rlim[RLIMIT_NICE] = (struct rlimit64){ 0, 0 };
	p->rlim[RLIMIT_RTPRIO] = (struct rlimit64){ 0, 0 };
}

/* Caller holds p->lock. */
static int rlimit_exchange(struct process *p, unsigned resource, const struct rlimit64 *new,
			   struct rlimit64 *old)
{
	struct rlimit64 *lim = &p->rlim[resource];

	assert_spin_held(&p->lock);
	*old = *lim;
	if (!new)
		return 0;
	if (new->cur > new->max)
		return -EINVAL;
	if (new->max > lim->max && !is_superuser())
		return -EPERM;
	if (resource == RLIMIT_NOFILE && new->max > NR_OPEN)
		return -EPERM;
	*lim = *new;
	return 0;
}

static bool rlimit_may_touch(struct process *p)
{
	return p == current->process || is_superuser() ||
	       cred_same_ids(&current->process->cred, &p->cred);
}

static int rlimit_do(pid_t pid, unsigned resource, const struct rlimit64 *new,
		     struct rlimit64 *old)
{
	struct process *p = current->process;
	unsigned long flags;
	int error = -ESRCH;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	spin_lock_irqsave(&tasklist_lock, flags);
	if (pid)
		p = process_find(pid);
	if (p && !rlimit_may_touch(p)) {
		error = -EPERM;
	} else if (p) {
		spin_lock(&p->lock);
		error = rlimit_exchange(p, resource, new, old);
		spin_unlock(&p->lock);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

SYSCALL_DEFINE4(prlimit64, pid_t, pid, unsigned, resource, const struct rlimit64 __user *, unew,
		struct rlimit64 __user *, uold)
{
	struct rlimit64 new, old;
	int error;

	if (unew && get_user(new, unew))
		return -EFAULT;
	error = rlimit_do(pid, resource, unew ? &new : NULL, &old);
	if (error)
		return error;
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

SYSCALL_DEFINE2(getrlimit, unsigned, resource, struct rlimit64 __user *, uold)
{
	struct rlimit64 old;
	int error = rlimit_do(0, resource, NULL, &old);

	return error ? error : copy_to_user(uold, &old, sizeof(old));
}

SYSCALL_DEFINE2(setrlimit, unsigned, resource, const struct rlimit64 __user *, unew)
{
	struct rlimit64 new, old;

	if (get_user(new, unew))
		return -EFAULT;
	return rlimit_do(0, resource, &new, &old);
}
