/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_crash - breaks one rule of the kernel when it is loaded, how=RULE; the kernel must report the
 * fault, and end itself (tests/system/test_panic.py) or the task (tests/system/test_oops.py).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>

/*
 * The kernel image is linked at this base plus its physical address; all memory is also
 * mapped at the direct map.
 */
#define KERNEL_BASE	0xffffffff80000000UL
#define DIRECT_MAP_BASE	0xffff888000000000UL

static char *how = "";
module_param(how, charp, 0444);

static char code_in_data[] = { (char)0xc3 };		/* ret */
static const char constant[] = "constant";

static noinline int crash_recurse(volatile char *above, unsigned long depth)
{
	volatile char here[256];

	here[0] = above[0];
	if (depth == 0)
		return 0;
	return crash_recurse(here, depth - 1) + here[0];
}

static noinline void crash_run(unsigned long target)
{
	((void (*)(void))target)();
}

static noinline void crash_write(unsigned long target)
{
	*(volatile char *)target = 0;
}

static DEFINE_MUTEX(crash_mutex);
static DEFINE_SPINLOCK(crash_lock);

/* This function faults before it has a frame: its first instruction faults. */
void crash_at_entry(void);
__asm__(".text\n"
	".type crash_at_entry, @function\n"
	"crash_at_entry:\n"
	"	movq	0, %rax\n"
	"	pushq	%rbp\n"
	"	movq	%rsp, %rbp\n"
	"	popq	%rbp\n"
	"	ret\n"
	".size crash_at_entry, . - crash_at_entry\n"
	/* This function faults between the two instructions that make the frame. */
	".type crash_in_prologue, @function\n"
	"crash_in_prologue:\n"
	"	pushq	%rbp\n"
	"	movq	0, %rax\n"
	"	movq	%rsp, %rbp\n"
	"	popq	%rbp\n"
	"	ret\n"
	".size crash_in_prologue, . - crash_in_prologue\n");
void crash_in_prologue(void);

static noinline void crash_call_entry(void)
{
	crash_at_entry();
	barrier();
}

static noinline void crash_call_prologue(void)
{
	crash_in_prologue();
	barrier();
}

static noinline void crash_with_mutex(void)
{
	mutex_lock(&crash_mutex);
	crash_write(0);
}

static noinline void crash_with_spinlock(void)
{
	spin_lock(&crash_lock);
	crash_write(0);
}

static noinline void crash_with_interrupts_off(void)
{
	unsigned long flags;

	local_irq_save(flags);
	crash_write(0);
	local_irq_restore(flags);
}

static bool thread_runs;

static int crash_thread(void *unused)
{
	WRITE_ONCE(thread_runs, true);
	crash_write(0);
	return 0;
}

static int crash_in_thread(void)
{
	struct task_struct *t = kthread_run(crash_thread, NULL, "crasher");

	if (IS_ERR(t))
		return PTR_ERR(t);
	/* kthread_stop() of a thread that has not begun would keep it from running. */
	while (!READ_ONCE(thread_runs))
		msleep(1);
	return kthread_stop(t);
}

static int crash_init(void)
{
	unsigned long text = (unsigned long)&_printk;
	char first = 1;

	if (!strcmp(how, "null"))
		crash_write(0);
	else if (!strcmp(how, "write-kernel-text"))
		crash_write(text);
	else if (!strcmp(how, "write-kernel-text-alias"))
		crash_write(DIRECT_MAP_BASE + text - KERNEL_BASE);
	else if (!strcmp(how, "write-module-text"))
		crash_write((unsigned long)crash_run);
	else if (!strcmp(how, "write-module-constant"))
		crash_write((unsigned long)constant);
	else if (!strcmp(how, "run-data"))
		crash_run((unsigned long)code_in_data);
	else if (!strcmp(how, "write-user"))
		crash_write(0x400000);
	else if (!strcmp(how, "run-user"))
		crash_run(0x400000);
	else if (!strcmp(how, "stack"))
		return crash_recurse(&first, 1UL << 20);
	else if (!strcmp(how, "undefined"))
		__asm__ volatile("ud2");
	else if (!strcmp(how, "int3"))
		__asm__ volatile("int3");
	else if (!strcmp(how, "entry"))
		crash_call_entry();
	else if (!strcmp(how, "prologue"))
		crash_call_prologue();
	else if (!strcmp(how, "mutex"))
		crash_with_mutex();
	else if (!strcmp(how, "spinlock"))
		crash_with_spinlock();
	else if (!strcmp(how, "interrupts-off"))
		crash_with_interrupts_off();
	else if (!strcmp(how, "thread"))
		return crash_in_thread();
	else if (!strcmp(how, "assert"))
		BUG_ON(how != NULL);
	return -EINVAL;
}

static void crash_exit(void)
{
}

module_init(crash_init);
module_exit(crash_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("breaks one rule of the kernel");
