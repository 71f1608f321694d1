/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel threads: tasks without a user side.  They end like any task, by a last
 * context switch, when their function returns.
 *
 * kthread_create() returns a thread that sleeps until it is woken, and a
 * reference on it; kthread_stop() puts that reference, or task_put() does if the
 * creator does not care how the thread ends.
 */
#include <neurath/klp_sched.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/race.h>
#include "rq.h"

struct kthread {
	int (*fn)(void *);		/* (!) */
	void *arg;			/* (!) */
	bool should_stop;		/* set once, then a wake-up */
	int result;			/* valid after exited */
	struct completion exited;
};

/* Result of a thread that was stopped before it was ever woken. */
static int kthread_main(void *arg)
{
	struct kthread *k = arg;

	return READ_ONCE(k->should_stop) ? -EINTR : k->fn(k->arg);
}

static void kthread_publish(struct task *t)
{
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	klp_copy_process(t);
	task_publish(t);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static struct task *kthread_vcreate(int (*fn)(void *), void *arg, const char *fmt, va_list args)
{
	struct kthread *k = kzalloc(sizeof(*k), GFP_KERNEL);
	char comm[TASK_COMM_LEN];
	struct task *t;

	if (!k)
		return ERR_PTR(-ENOMEM);
	vsnprintf(comm, sizeof(comm), fmt, args);
	t = task_alloc(comm);
	if (!t) {
		kfree(k);
		return ERR_PTR(-ENOMEM);
	}
	k->fn = fn;
	k->arg = arg;
	init_completion(&k->exited);
	t->kthread = k;
	t->pflags = PF_KTHREAD;
	t->process = &kernel_process;
	process_get(&kernel_process);
	t->se.cpus_allowed = ~0UL;
	fair_set_nice(t, 0);
	arch_setup_kthread(t, kthread_main, k);
	task_get(t);		/* the creator's */
	kthread_publish(t);
	klp_new_kthread(t);
	return t;
}

struct task *kthread_create(int (*fn)(void *), void *arg, const char *fmt, ...)
{
	struct task *t;
	va_list args;

	va_start(args, fmt);
	t = kthread_vcreate(fn, arg, fmt, args);
	va_end(args);
	return t;
}

struct task *kthread_run(int (*fn)(void *), void *arg, const char *fmt, ...)
{
	struct task *t;
	va_list args;

	va_start(args, fmt);
	t = kthread_vcreate(fn, arg, fmt, args);
	va_end(args);
	if (!IS_ERR(t))
		wake_up_process(t);
	return t;
}

void *kthread_arg(const struct task *t)
{
	return t->kthread->arg;
}

bool kthread_should_stop(void)
{
	return current->kthread && READ_ONCE(current->kthread->should_stop);
}

int kthread_stop(struct task *t)
{
	struct kthread *k = t->kthread;
	int result;

	assert(k);
	/* The thread tests this after it set its state; the wake-up's lock orders our side. */
	WRITE_ONCE(k->should_stop, true);
	wake_up_process(t);
	wait_for_completion(&k->exited);
	result = k->result;
	task_put(t);
	return result;
}

void kthread_exit(int result)
{
	struct kthread *k = current->kthread;

	assert(k);
	k->result = result;
	current->pflags |= PF_EXITING;
	complete_all(&k->exited);
	race_point();
	sched_exit_current();
}
