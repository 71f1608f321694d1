/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_locks - breaks one rule of locks when it is loaded, how=RULE; a debug kernel must stop and
 * name the locks (tests/system/test_locks.py).
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <neurath/timer.h>

static char *how = "";
module_param(how, charp, 0444);

static DEFINE_SPINLOCK_RANK(outer_lock, RANK_PORT);
static DEFINE_SPINLOCK_RANK(inner_lock, RANK_SHADOW);
static DEFINE_MUTEX_RANK(outer_mutex, RANK_MODULE_MUTEX);
static DEFINE_MUTEX_RANK(inner_mutex, RANK_MMAP);

static bool fired;

static void take_in_interrupt(struct timer *timer)
{
	unsigned long flags;

	spin_lock_irqsave(&inner_lock, flags);
	spin_unlock_irqrestore(&inner_lock, flags);
	WRITE_ONCE(fired, true);
}

static noinline void locks_in_order(void)
{
	mutex_lock(&outer_mutex);
	mutex_lock(&inner_mutex);
	spin_lock(&outer_lock);
	spin_lock(&inner_lock);
	/* The kernel allows a release in another order. */
	spin_unlock(&outer_lock);
	spin_unlock(&inner_lock);
	mutex_unlock(&outer_mutex);
	mutex_unlock(&inner_mutex);
}

static noinline void locks_against_order(void)
{
	spin_lock(&inner_lock);
	spin_lock(&outer_lock);
}

static noinline void mutexes_against_order(void)
{
	mutex_lock(&inner_mutex);
	mutex_lock(&outer_mutex);
}

static noinline void lock_in_interrupt_and_outside(void)
{
	struct timer timer;

	timer_init(&timer, take_in_interrupt, NULL);
	timer_arm(&timer, clock_ns());
	while (!READ_ONCE(fired))
		msleep(1);
	spin_lock(&inner_lock);		/* interrupts are on here */
	spin_unlock(&inner_lock);
}

static noinline void sleep_under_spinlock(void)
{
	spin_lock(&outer_lock);
	msleep(1);
}

static noinline void sleep_with_interrupts_off(void)
{
	unsigned long flags;

	local_irq_save(flags);
	msleep(1);
	local_irq_restore(flags);
}

static int __init locks_init(void)
{
	locks_in_order();
	if (!strcmp(how, "order")) {
		locks_against_order();
	} else if (!strcmp(how, "mutex-order")) {
		mutexes_against_order();
	} else if (!strcmp(how, "twice")) {
		spin_lock(&outer_lock);
		spin_lock(&outer_lock);
	} else if (!strcmp(how, "mutex-twice")) {
		mutex_lock(&outer_mutex);
		mutex_lock(&outer_mutex);
	} else if (!strcmp(how, "sleep")) {
		sleep_under_spinlock();
	} else if (!strcmp(how, "sleep-irqs-off")) {
		sleep_with_interrupts_off();
	} else if (!strcmp(how, "foreign")) {
		spin_unlock(&outer_lock);
	} else if (!strcmp(how, "interrupt")) {
		lock_in_interrupt_and_outside();
	} else if (strcmp(how, "none")) {
		return -EINVAL;
	}
	return 0;
}

static void __exit locks_exit(void)
{
}

module_init(locks_init);
module_exit(locks_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("breaks rules of locks");
