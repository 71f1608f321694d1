/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process object: what its threads share, from allocation to the last reference.
 *
 * References: the family holds one (from publication to process_reap()), and each task holds one.
 * So task->process is valid as long as the task is.
 */
#include <neurath/bug.h>
#include <neurath/file.h>
#include <neurath/life.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <neurath/user.h>

LIST_HEAD(all_processes);
unsigned nr_processes;
unsigned total_forks;
struct process *init_process;
static struct kmem_cache *process_cache;

/* Has no leader and receives no signals; kernel threads use its ids and limits. */
struct process kernel_process = {
	.lock = SPINLOCK_INIT("kernel_process.lock", RANK_SIGNAL),
	.refs = ATOMIC_INIT(1),
	.threads = LIST_HEAD_INIT(kernel_process.threads),
	.children = LIST_HEAD_INIT(kernel_process.children),
	.sibling = LIST_HEAD_INIT(kernel_process.sibling),
	.tracees = LIST_HEAD_INIT(kernel_process.tracees),
	.process_node = LIST_HEAD_INIT(kernel_process.process_node),
	.pgrp_node = LIST_HEAD_INIT(kernel_process.pgrp_node),
	.wait_child = WAIT_QUEUE_INIT(kernel_process.wait_child),
	/* Not 0: each tick of a busy kernel thread would add up its times and send a signal. */
	.rlim[RLIMIT_CPU] = { RLIM_INFINITY, RLIM_INFINITY },
	.shared_pending = { .queue = LIST_HEAD_INIT(kernel_process.shared_pending.queue) },
	.cwd = "/",
	.root = "",
	.umask = 022,
	.user = &root_user,
};

void __init process_init(void)
{
	process_cache = kmem_cache_create("process", sizeof(struct process), 64);
	if (!process_cache)
		panic("no memory for processes: the machine needs more (MEM=)");
}

struct process *process_alloc(void)
{
	struct process *p = kmem_cache_alloc(process_cache, GFP_KERNEL);

	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	spin_lock_init_rank(&p->lock, "process->lock", RANK_SIGNAL);
	atomic_set(&p->refs, 1);
	INIT_LIST_HEAD(&p->threads);
	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->sibling);
	INIT_LIST_HEAD(&p->tracees);
	INIT_LIST_HEAD(&p->process_node);
	INIT_LIST_HEAD(&p->pgrp_node);
	INIT_LIST_HEAD(&p->shared_pending.queue);
	init_waitqueue_head(&p->wait_child);
	p->exit_signal = SIGCHLD;
	p->umask = 022;
	p->start_ns = clock_ns();
	return p;
}

void process_get(struct process *p)
{
	atomic_inc(&p->refs);
}

void process_put(struct process *p)
{
	if (!atomic_dec_and_test(&p->refs))
		return;
	assert(p != &kernel_process && !p->pgrp && !p->exe && !p->itimer_real);
	life_call(process_freed, p);
	kfree(p->cwd);
	kfree(p->root);
	kfree(p->exe_path);
	if (p->user)
		user_put(p->user);
	kmem_cache_free(process_cache, p);
}

struct process *process_find(pid_t pid)
{
	struct task *t = task_find(pid);

	assert_spin_held(&tasklist_lock);
	if (!t || t->process->leader != t || t->process->state == PROCESS_REAPED)
		return NULL;
	return t->process;
}

void process_times(struct process *p, u64 *utime, u64 *stime)
{
	unsigned long flags;
	struct task *t;
	u64 user, sys;

	spin_lock_irqsave(&p->lock, flags);
	*utime = p->utime;
	*stime = p->stime;
	list_for_each_entry(t, &p->threads, thread_node) {
		task_cputime(t, &user, &sys);
		*utime += user;
		*stime += sys;
	}
	spin_unlock_irqrestore(&p->lock, flags);
}

u64 process_rlimit(unsigned resource)
{
	assert(resource < RLIM_NLIMITS);
	return READ_ONCE(current->process->rlim[resource].cur);
}
