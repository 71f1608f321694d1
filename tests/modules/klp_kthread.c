/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel thread that changes over with difficulty; the parameter "how" selects its behaviour:
 *
 *	resched		never sleeps, calls cond_resched()
 *	spin		never sleeps and calls no function: an interrupt finds the thread where it may change over
 *	inside		spins in hard_inside(), which can be patched, until "leave" is written: then spins outside
 *	sleep		sleeps interruptibly until it is stopped, and counts the wake-ups in "wakeups"
 *	deep		like sleep, but uninterruptibly; a write of 1 to "wake" wakes the thread once
 *	unborn		created during a transition that its creator keeps open, and never started
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/livepatch.h>
#include <linux/sched.h>
#include <linux/string.h>

static char *how = "resched";
module_param(how, charp, 0444);
static unsigned long wakeups;
module_param(wakeups, ulong, 0444);

static struct task_struct *hard_thread;

static int hard_resched(void *arg)
{
	while (!kthread_should_stop())
		cond_resched();
	return 0;
}

static int hard_spin(void *arg)
{
	while (!kthread_should_stop())
		cpu_relax();
	return 0;
}

static int leave;
module_param(leave, int, 0644);

/* With a slot and a frame, and never at its end while the thread has to stay. */
static noinline void hard_inside(void)
{
	while (!READ_ONCE(leave) && !kthread_should_stop())
		cpu_relax();
}

static int hard_spin_inside(void *arg)
{
	hard_inside();
	return hard_spin(arg);
}

static int hard_sleep(void *arg)
{
	unsigned int state = (unsigned long)arg;

	for (;;) {
		set_current_state(state);
		if (kthread_should_stop())
			break;
		schedule();
		wakeups++;
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* The transition waits for this task, which is in insmod, and then for the thread that this task has created. */
static int __init hard_init_unborn(void)
{
	while (!klp_transition_running())
		msleep(1);
	msleep(20);		/* the flags are set by now */
	if (!klp_transition_running())
		return -EAGAIN;
	hard_thread = kthread_create(hard_sleep, (void *)TASK_INTERRUPTIBLE, "hard_thread");
	return PTR_ERR_OR_ZERO(hard_thread);
}

static int __init hard_init(void)
{
	int (*fn)(void *) = hard_resched;
	unsigned long state = TASK_INTERRUPTIBLE;

	if (strcmp(how, "unborn") == 0)
		return hard_init_unborn();
	if (strcmp(how, "spin") == 0) {
		fn = hard_spin;
	} else if (strcmp(how, "inside") == 0) {
		fn = hard_spin_inside;
	} else if (strcmp(how, "resched") != 0) {
		fn = hard_sleep;
		if (strcmp(how, "deep") == 0)
			state = TASK_UNINTERRUPTIBLE;
	}
	hard_thread = kthread_run(fn, (void *)state, "hard_thread");
	return PTR_ERR_OR_ZERO(hard_thread);
}

static void __exit hard_exit(void)
{
	kthread_stop(hard_thread);
}

module_init(hard_init);
module_exit(hard_exit);
MODULE_LICENSE("GPL");
