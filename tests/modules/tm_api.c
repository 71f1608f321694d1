/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_api - uses and checks the interfaces of <linux/...>: memory, lists, locks, works,
 * completions, timers, kernel threads, strings. Init fails with -EINVAL and one line for
 * each claim that does not hold.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

static int failures;
#define CHECK(claim) \
	do { \
		if (!(claim)) { \
			failures++; \
			pr_err("line %d: not true: %s\n", __LINE__, #claim); \
		} \
	} while (0)

/* ---- memory and lists ---- */
struct item {
	struct list_head node;
	int value;
};
static LIST_HEAD(items);
static DEFINE_SPINLOCK(items_lock);

static void check_lists(void)
{
	struct item *item, *next;
	unsigned long flags;
	int sum = 0;

	for (int i = 1; i <= 4; i++) {
		item = kzalloc(sizeof(*item), GFP_KERNEL);
		if (!item)
			return;
		CHECK(item->value == 0);
		item->value = i;
		spin_lock_irqsave(&items_lock, flags);
		list_add(&item->node, &items);
		spin_unlock_irqrestore(&items_lock, flags);
	}
	list_for_each_entry(item, &items, node)
		sum = sum * 10 + item->value;
	CHECK(sum == 4321);
	list_for_each_entry_safe(item, next, &items, node) {
		list_del(&item->node);
		kfree(item);
	}
	CHECK(list_empty(&items));
}

static void check_memory(void)
{
	char *p = kmalloc(100, GFP_ATOMIC), *q = kmalloc(8000, GFP_NOWAIT);
	char text[16];

	CHECK(p && q);
	if (p && q) {
		memset(p, 'x', 100);
		memcpy(q, p, 100);
		CHECK(memcmp(p, q, 100) == 0);
	}
	kfree(p);
	kfree(q);
	CHECK(sprintf(text, "%d-%s-%x", -5, "ab", 255) == 8);
	CHECK(strcmp(text, "-5-ab-ff") == 0);
	CHECK(IS_ERR(ERR_PTR(-ENOMEM)) && PTR_ERR(ERR_PTR(-ENOMEM)) == -ENOMEM);
	CHECK(strcmp(__stringify(NR_CPUS), "64") == 0);
}

/* ---- works and completions ---- */
static DEFINE_MUTEX(works_mutex);
static DECLARE_COMPLETION(work_done);
static int works_run;
static atomic_t delayed_run = ATOMIC_INIT(0);

static noinline void count_work(struct work_struct *work)
{
	mutex_lock(&works_mutex);
	WRITE_ONCE(works_run, READ_ONCE(works_run) + 1);
	mutex_unlock(&works_mutex);
	complete(&work_done);
}
static DECLARE_WORK(plain_work, count_work);

static void count_delayed(struct work_struct *work)
{
	atomic_inc(&delayed_run);
}
static DECLARE_DELAYED_WORK(near_work, count_delayed);
static DECLARE_DELAYED_WORK(far_work, count_delayed);

static void check_works(void)
{
	CHECK(schedule_work(&plain_work));
	wait_for_completion(&work_done);
	flush_work(&plain_work);
	CHECK(works_run == 1);
	CHECK(schedule_delayed_work(&near_work, msecs_to_jiffies(10)));
	CHECK(schedule_delayed_work(&far_work, msecs_to_jiffies(100000)));
	CHECK(!schedule_delayed_work(&far_work, msecs_to_jiffies(100000)));
	for (int i = 0; i < 500 && atomic_read(&delayed_run) == 0; i++)
		msleep(10);
	CHECK(atomic_read(&delayed_run) == 1);
	CHECK(cancel_delayed_work_sync(&far_work));
	CHECK(!cancel_delayed_work_sync(&near_work));
	CHECK(atomic_read(&delayed_run) == 1);
}

/* ---- timers and time ---- */
static DECLARE_COMPLETION(timer_done);

static void timer_fires(struct timer_list *t)
{
	complete(&timer_done);
}
static DEFINE_TIMER(short_timer, timer_fires);

static void check_time(void)
{
	unsigned long start = jiffies;

	mod_timer(&short_timer, jiffies + msecs_to_jiffies(20));
	wait_for_completion(&timer_done);
	CHECK(time_after(jiffies, start));
	CHECK(!del_timer_sync(&short_timer));
	start = jiffies;
	msleep(20);
	CHECK(jiffies - start >= msecs_to_jiffies(20) - 1);
}

/* ---- threads ---- */
static DECLARE_WAIT_QUEUE_HEAD(thread_wait);
static int thread_turns;

static int thread_main(void *arg)
{
	while (!kthread_should_stop()) {
		WRITE_ONCE(thread_turns, thread_turns + 1);
		wake_up(&thread_wait);
		msleep(1);
		cond_resched();
	}
	return *(int *)arg;
}

static void check_threads(void)
{
	int answer = 23;
	struct task_struct *t = kthread_run(thread_main, &answer, "tm_api/%d", 0);

	CHECK(!IS_ERR(t));
	if (IS_ERR(t))
		return;
	CHECK(strcmp(t->comm, "tm_api/0") == 0);
	wait_event(thread_wait, READ_ONCE(thread_turns) >= 3);
	CHECK(kthread_stop(t) == 23);
	CHECK(current->pid > 0 && task_tgid_vnr(current) == current->tgid);
}

static int *rcu_value;

static void check_rcu(void)
{
	int *old = kzalloc(sizeof(int), GFP_KERNEL);

	rcu_assign_pointer(rcu_value, old);
	rcu_read_lock();
	CHECK(rcu_dereference(rcu_value) == old);
	rcu_read_unlock();
	rcu_assign_pointer(rcu_value, NULL);
	synchronize_rcu();
	kfree(old);
}

static int __init tm_api_init(void)
{
	check_lists();
	check_memory();
	check_works();
	check_time();
	check_threads();
	check_rcu();
	pr_info("%d failures\n", failures);
	return failures ? -EINVAL : 0;
}

static void __exit tm_api_exit(void)
{
}

module_init(tm_api_init);
module_exit(tm_api_exit);
MODULE_LICENSE("GPL");
