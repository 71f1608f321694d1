/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live patch of the core that only adds a delay: the walk that sets the pending flags waits
 * when it has found the task with a certain pid, until that task has another pid.
 *
 *	pid=N	(writing) the task at which the walk of the next transition waits
 *	at=N	the pid at which the walk waits, or waited last
 */
#include <linux/module.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/sched.h>
#include <neurath/hook.h>

static int pid, at;
module_param(pid, int, 0644);
module_param(at, int, 0444);

static struct task_struct *walk_administrator;	/* the task that sets flags now */
static struct klp_func funcs[];

/* The body of the original function, after its slot. */
#define BODY(i)	((void *)(funcs[i].old_func + SLOT_SIZE))

/* A transition sets its ranges immediately before its flags. */
static void gate_ranges(struct klp_patch *patch, int target)
{
	void (*body)(struct klp_patch *, int) = BODY(0);

	body(patch, target);
	WRITE_ONCE(walk_administrator, current);
}

static struct task_struct *gate_next(pid_t *place)
{
	struct task_struct *(*body)(pid_t *) = BODY(1);
	struct task_struct *task = body(place);
	int number = READ_ONCE(pid);

	if (task && number && current == READ_ONCE(walk_administrator) && task->pid == number) {
		WRITE_ONCE(walk_administrator, NULL);
		WRITE_ONCE(pid, 0);
		WRITE_ONCE(at, number);
		while (READ_ONCE(task->pid) == number)
			msleep(1);
	}
	return task;
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_ranges_set", .new_func = gate_ranges },
	{ .old_name = "task_find_next_get", .new_func = gate_next },
	{ }
};

static struct klp_object objs[] = { { .funcs = funcs }, { } };

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init gate_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit gate_exit(void)
{
}

module_init(gate_init);
module_exit(gate_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
