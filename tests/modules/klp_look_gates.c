/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live patch of the core that only adds delays: one look of look_thread (klp_look) at its own
 * stack waits at two gates.
 *
 *	gate 1	before the look, where interrupts are on
 *	gate 2	in the look, with interrupts off, after it has read the forbidden ranges
 *
 *	stage=1	(writing) the next look waits at gate 1
 *	stage=2	(writing) the next round of klp_ranges_set() opens gate 1, and waits until the look
 *		is at gate 2 or is complete; the next round opens gate 2
 *	at	the gate where the look waits, or waited last
 *	over=1	the look is complete
 *
 * With one CPU, no other task runs while the look has interrupts off, so gate 2 stays open.
 */
#include <linux/module.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <neurath/arch.h>
#include <neurath/hook.h>

static int stage, at, over;
module_param(at, int, 0444);
module_param(over, int, 0444);

static bool gates_open_2, gates_in_look;
static struct task_struct *gates_administrator;	/* the task that is in klp_ranges_set() */
static struct klp_func funcs[];

static int gates_set_stage(const char *text, const struct kernel_param *kp)
{
	int error = param_set_int(text, kp);

	if (!error && stage == 1) {
		at = over = 0;
		gates_open_2 = false;
	}
	return error;
}

static const struct kernel_param_ops gates_stage_ops = {
	.set = gates_set_stage,
	.get = param_get_int,
};
module_param_cb(stage, &gates_stage_ops, &stage, 0644);

/* The body of the original function, after its slot. */
#define BODY(i)	((void *)(funcs[i].old_func + SLOT_SIZE))

static void gates_judge(struct task_struct *task, bool commit, void *out)
{
	void (*body)(struct task_struct *, bool, void *) = BODY(0);

	/* A thread that waits here with msleep() is looked at as well; such looks are passed on. */
	if (task != current || !commit || irqs_disabled() || READ_ONCE(stage) != 1 || at ||
	    strcmp(task->comm, "look_thread") != 0) {
		body(task, commit, out);
		return;
	}
	WRITE_ONCE(at, 1);
	while (READ_ONCE(stage) != 3)
		msleep(1);
	gates_in_look = true;
	body(task, commit, out);
	gates_in_look = false;
	WRITE_ONCE(over, 1);
}

static bool gates_hit(const void *set, unsigned long addr)
{
	bool (*body)(const void *, unsigned long) = BODY(1);

	if (READ_ONCE(gates_in_look) && irqs_disabled() && at == 1 && num_online_cpus() > 1 &&
	    strcmp(current->comm, "look_thread") == 0) {
		WRITE_ONCE(at, 2);
		while (!READ_ONCE(gates_open_2))
			cpu_relax();
	}
	return body(set, addr);
}

static void gates_set(struct klp_patch *patch, int target)
{
	void (*body)(struct klp_patch *, int) = BODY(2);

	WRITE_ONCE(gates_administrator, current);
	body(patch, target);
	WRITE_ONCE(gates_administrator, NULL);
}

static void gates_round(void)
{
	void (*body)(void) = BODY(3);

	if (READ_ONCE(at) == 2)
		WRITE_ONCE(gates_open_2, true);
	body();
	if (current != READ_ONCE(gates_administrator) || stage != 2)
		return;
	WRITE_ONCE(stage, 3);
	while (READ_ONCE(at) != 2 && !READ_ONCE(over))
		msleep(1);
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_judge_task", .new_func = gates_judge },
	{ .old_name = "ranges_hit", .new_func = gates_hit },
	{ .old_name = "klp_ranges_set", .new_func = gates_set },
	{ .old_name = "smp_sync_core", .new_func = gates_round },
	{ }
};

static struct klp_object objs[] = { { .funcs = funcs }, { } };

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init gates_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit gates_exit(void)
{
}

module_init(gates_init);
module_exit(gates_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
