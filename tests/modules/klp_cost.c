/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch that measures the cost of a hook. It replaces getpid's function with a function that has the
 * same body. It also replaces a function in which tasks sleep, so that one sleeper keeps the transition
 * open during the measurement.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/sched.h>

struct pt_regs;

static long cost_getpid(const struct pt_regs *regs)
{
	return task_tgid_vnr(current);
}

static int cost_sleep_until(u64 deadline_ns)
{
	int error = 0;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current))
			error = -ERESTARTSYS;
		if (error || clock_ns() >= deadline_ns)
			break;
		schedule_until(deadline_ns);
	}
	__set_current_state(TASK_RUNNING);
	return error;
}

static struct klp_func cost_funcs[] = {
	{ .old_name = "__x64_sys_getpid", .new_func = cost_getpid },
	{ .old_name = "sleep_until_interruptible", .new_func = cost_sleep_until },
	{ }
};

static struct klp_object cost_objs[] = {
	{ .funcs = cost_funcs },
	{ }
};

static struct klp_patch cost_patch = {
	.mod = THIS_MODULE,
	.objs = cost_objs,
};

static int __init cost_init(void)
{
	return klp_enable_patch(&cost_patch);
}

static void __exit cost_exit(void)
{
}

module_init(cost_init);
module_exit(cost_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
