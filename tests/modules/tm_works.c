/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_works - queues as many works as the pool of modules has workers, or more. The first works sleep and
 * the last ones compute, until the module is unloaded. The parameter begun counts the works that have begun.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#define WORKS	64

static int sleeping = 40, computing;
module_param(sleeping, int, 0444);
module_param(computing, int, 0444);

static unsigned int begun;
module_param(begun, uint, 0444);

static struct work_struct works[WORKS];
static DECLARE_WAIT_QUEUE_HEAD(works_queue);
static bool works_end;

static void work_sleep(struct work_struct *work)
{
	__sync_fetch_and_add(&begun, 1);
	wait_event(works_queue, READ_ONCE(works_end));
}

static void work_compute(struct work_struct *work)
{
	__sync_fetch_and_add(&begun, 1);
	while (!READ_ONCE(works_end))
		cond_resched();
}

static int __init works_init(void)
{
	if (sleeping < 0 || computing < 0 || sleeping + computing > WORKS)
		return -EINVAL;
	for (int i = 0; i < sleeping + computing; i++) {
		INIT_WORK(&works[i], i < sleeping ? work_sleep : work_compute);
		schedule_work(&works[i]);
	}
	return 0;
}

static void __exit works_exit(void)
{
	WRITE_ONCE(works_end, true);
	wake_up_all(&works_queue);
	for (int i = 0; i < sleeping + computing; i++)
		flush_work(&works[i]);
}

module_init(works_init);
module_exit(works_exit);
MODULE_LICENSE("GPL");
