/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target of klp_look_patch: a kernel thread, "look_thread", runs look_outer() and looks at its own
 * stack all the time; look_outer() then calls look_inner(). The patch replaces both, and look_block().
 *
 *	how		the call in which the thread looks: resched, yield or schedule
 *	go=1		(writing) the thread may enter look_outer()
 *	inside		the version of look_outer() that the thread is in: 1 old, 2 new, 0 none
 *	leave=1		(writing) all tasks leave look_outer() and look_block()
 *	mixed		1: the outer function has called the inner function of the other version; -1: no call yet
 *	/proc/klp_look_block	a reader sleeps in look_block(), also after a kick
 */
#include <linux/module.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/wait.h>

static char *how = "resched";
module_param(how, charp, 0444);
static int go, inside, mixed = -1;
module_param(go, int, 0644);
module_param(inside, int, 0444);
module_param(mixed, int, 0444);

static DECLARE_WAIT_QUEUE_HEAD(look_queue);
static int leave;

static int look_set_leave(const char *text, const struct kernel_param *kp)
{
	int error = param_set_int(text, kp);

	wake_up_all(&look_queue);
	return error;
}

static const struct kernel_param_ops look_leave_ops = {
	.set = look_set_leave,
	.get = param_get_int,
};
module_param_cb(leave, &look_leave_ops, &leave, 0644);

void look_stay(int version);
void look_sleep(void);
int look_inner(void);

/* look_stay() and look_sleep() are not patched; both versions of look_outer() and look_block() call them. */
void look_stay(int version)
{
	WRITE_ONCE(inside, version);
	while (!READ_ONCE(leave) && !kthread_should_stop()) {
		if (strcmp(how, "yield") == 0)
			yield();
		else if (strcmp(how, "schedule") == 0)
			schedule();
		else
			cond_resched();
	}
	WRITE_ONCE(inside, 0);
}

void look_sleep(void)
{
	wait_event(look_queue, READ_ONCE(leave));
}

noinline int look_inner(void)
{
	return 1;
}

static noinline int look_outer(void)
{
	look_stay(1);
	return look_inner() != 1;
}

static noinline int look_block(void)
{
	look_sleep();
	return 1;
}

static int look_show_block(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", look_block());
	return 0;
}

static int look_thread_fn(void *arg)
{
	while (!READ_ONCE(go) && !kthread_should_stop())
		msleep(1);
	WRITE_ONCE(mixed, look_outer());
	while (!kthread_should_stop())
		msleep(1);
	return 0;
}

static struct proc_dir_entry *look_entry;
static struct task_struct *look_thread;

static int __init look_init(void)
{
	look_entry = proc_create_single("klp_look_block", 0444, NULL, look_show_block);
	look_thread = kthread_run(look_thread_fn, NULL, "look_thread");
	if (IS_ERR(look_thread))
		proc_remove(look_entry);
	return PTR_ERR_OR_ZERO(look_thread);
}

static void __exit look_exit(void)
{
	proc_remove(look_entry);
	kthread_stop(look_thread);
}

EXPORT_SYMBOL(look_stay);
EXPORT_SYMBOL(look_sleep);
EXPORT_SYMBOL(look_inner);

module_init(look_init);
module_exit(look_exit);
MODULE_LICENSE("GPL");
