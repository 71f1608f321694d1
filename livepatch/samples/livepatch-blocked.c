// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A patch that some tasks keep waiting: the lesson is why a transition may need help, which
 * files show this, and which remedy there is.
 *
 * Every task in sleep(1) has sleep_until_interruptible() on its stack.  When this patch
 * replaces that function, a sleeper cannot change over: it would return into the old function.
 *
 *	sleep 1000 &
 *	insmod livepatch-blocked.ko
 *	cat /sys/kernel/livepatch/livepatch_blocked/blockers	# who, where, since when
 *	echo 1 > /sys/kernel/livepatch/livepatch_blocked/signal
 *
 * The fake signal ends the sleep.  The system call starts again with the remaining time,
 * through the new function, invisibly for the program.  If no signal is requested, the
 * kernel sends the fake signal after 15 seconds.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/sched.h>

/*
 * Same contract as the original: 0 when the time is up, -ERESTARTSYS for a signal or a kick.
 * The short sleeps of programs that poll are not logged.
 */
static int patched_sleep_until(u64 deadline_ns)
{
	int error = 0;

	if (deadline_ns > clock_ns() + NSEC_PER_SEC)
		pr_info("%s:%d sleeps in the new version\n", current->comm, current->pid);
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

static struct klp_func blocked_funcs[] = {
	{
		.old_name = "sleep_until_interruptible",
		.new_func = patched_sleep_until,
	},
	{ }
};

static struct klp_object blocked_objs[] = {
	{
		.funcs = blocked_funcs,
	},
	{ }
};

static struct klp_patch blocked_patch = {
	.mod = THIS_MODULE,
	.objs = blocked_objs,
};

static int __init blocked_init(void)
{
	return klp_enable_patch(&blocked_patch);
}

static void __exit blocked_exit(void)
{
}

module_init(blocked_init);
module_exit(blocked_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live patch of a function that tasks sleep in");
MODULE_INFO(livepatch, "Y");
