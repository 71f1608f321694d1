/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_stuck - stops making progress, in the way how=WAY. The kernel must report the place
 * (tests/system/test_lockups.py).
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static char *how = "";
module_param(how, charp, 0444);

static DEFINE_MUTEX(stuck_a);
static DEFINE_MUTEX(stuck_b);
static bool first_has_a, second_has_b;

static noinline void stuck_spin(void)
{
	for (;;)
		cpu_relax();
}

static noinline void stuck_interrupts_off(void)
{
	unsigned long flags;

	local_irq_save(flags);
	stuck_spin();
	local_irq_restore(flags);
}

/*
 * As on a CPU that its host does not run: it makes no look and has interrupts on.  The task
 * priority of the processor (cr8) blocks all interrupts but NMIs for some seconds.
 */
static noinline int stuck_starved(void)
{
	u64 end = ktime_get_ns() + 3 * NSEC_PER_SEC;

	asm volatile("movq %0, %%cr8" : : "r"(15UL) : "memory");
	while (ktime_get_ns() < end)
		cpu_relax();
	asm volatile("movq %0, %%cr8" : : "r"(0UL) : "memory");
	return 0;
}

static bool reported;

/* The report itself runs into a breakpoint here. */
static int stuck_seen(struct kprobe *probe, struct pt_regs *regs)
{
	WRITE_ONCE(reported, true);
	return 0;
}

/* Interrupts are off until the watchdog of this CPU has reported it. */
static noinline int stuck_until_reported(void)
{
	static struct kprobe probe = {
		.symbol_name = "watchdog_report_here", .pre_handler = stuck_seen };
	int error = register_kprobe(&probe);
	unsigned long flags;

	if (error)
		return error;
	local_irq_save(flags);
	while (!READ_ONCE(reported))
		cpu_relax();
	local_irq_restore(flags);
	unregister_kprobe(&probe);
	return 0;
}

/* This loop lets other tasks run, so the kernel must not report it. */
static noinline void stuck_polite(void)
{
	for (;;)
		cond_resched();
}

static noinline void stuck_lock(struct mutex *mine, bool *i_have, bool *other_has,
				struct mutex *others)
{
	mutex_lock(mine);
	WRITE_ONCE(*i_have, true);
	while (!READ_ONCE(*other_has))
		msleep(1);
	mutex_lock(others);
}

static int stuck_first(void *unused)
{
	stuck_lock(&stuck_a, &first_has_a, &second_has_b, &stuck_b);
	return 0;
}

static int stuck_second(void *unused)
{
	stuck_lock(&stuck_b, &second_has_b, &first_has_a, &stuck_a);
	return 0;
}

static int stuck_init(void)
{
	if (!strcmp(how, "spin"))
		stuck_spin();
	else if (!strcmp(how, "interrupts-off"))
		stuck_interrupts_off();
	else if (!strcmp(how, "until-reported"))
		return stuck_until_reported();
	else if (!strcmp(how, "polite"))
		stuck_polite();
	else if (!strcmp(how, "starved"))
		return stuck_starved();
	else if (strcmp(how, "deadlock"))
		return -EINVAL;
	kthread_run(stuck_first, NULL, "first");
	kthread_run(stuck_second, NULL, "second");
	return 0;
}

module_init(stuck_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("makes no progress");
