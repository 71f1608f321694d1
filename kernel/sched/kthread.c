/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel threads: tasks without a user side.  A kernel thread ends like any task, by a last
 * context switch, when its function returns.
 *
 * kthread_create() returns a sleeping thread and a reference on it. kthread_stop() drops that
 * reference; a creator that does not stop the thread drops it by task_put().
 */
#include <neurath/handed.h>
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

/* Returns -EINTR for a thread that was stopped before it was woken for the first time. */
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
	char comm[TASK_COMM_LEN];
	struct kthread *k;
	struct task *t;

	if (!handed_callback("kernel thread", NULL, fn))
		return ERR_PTR(-EINVAL);
	k = kzalloc(sizeof(*k), GFP_KERNEL);
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
	task_get(t);		/* the creator's reference */
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
	/* The thread sets its state, then tests this; the wake-up's lock orders our side. */
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
