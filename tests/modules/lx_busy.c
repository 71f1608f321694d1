/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_busy - keeps a function on the stack of a kernel thread. With block=1 the work function sleeps
 * until the parameter is cleared, and then calls the step function. A patch of the work function must
 * wait for the end of this sleep; a patch of the step function need not.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <linux/delay.h>

static bool block;
module_param(block, bool, 0644);
MODULE_PARM_DESC(block, "keep the work function asleep (default=N)");

static void lx_busy_work_func(struct work_struct *work);
static DECLARE_WORK(work, lx_busy_work_func);
static DECLARE_COMPLETION(work_started);

static noinline void lx_busy_step(void)
{
	pr_info("original step\n");
}

static void lx_busy_work_func(struct work_struct *work)
{
	pr_info("%s enter\n", __func__);
	complete(&work_started);

	while (READ_ONCE(block)) {
		/* does not react to signals */
		msleep(20);
	}

	lx_busy_step();
	pr_info("%s exit\n", __func__);
}

static int lx_busy_init(void)
{
	pr_info("%s\n", __func__);
	schedule_work(&work);

	/* from here on the work function is on a stack */
	wait_for_completion(&work_started);
	if (!block)
		flush_work(&work);
	return 0;
}

static void lx_busy_exit(void)
{
	WRITE_ONCE(block, false);
	flush_work(&work);
	pr_info("%s\n", __func__);
}

module_init(lx_busy_init);
module_exit(lx_busy_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Compatibility test: a target that stays busy");
