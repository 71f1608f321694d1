/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel thread that sleeps with stack_outer() on its stack, where the stack is difficult to look at;
 * parameter "how":
 *
 *	plain		an ordinary stack
 *	last		stack_outer() ends with a call that never returns: the return address is
 *			after the end of the function
 *	deep		more calls than the buffer of a look can hold
 *	no-frame	a frame pointer that points outside of the stack
 *	no-caller	a return address outside of code
 *	no-end		a chain of frames that ends before the end of the stack
 *
 * A spoiled frame is repaired before a function returns through it.
 */
#include <linux/module.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/string.h>

#define STACK_DEEP	120

static char *how = "plain";
module_param(how, charp, 0444);

static struct task_struct *stack_thread;

/* Sleeps until the thread must stop; after any other wake-up the sleep continues. */
static noinline void stack_sleep(void)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

/* Sets @word of its frame (0: frame pointer, 1: return address) to @value while it sleeps. */
static noinline void stack_sleep_spoiled(unsigned int word, unsigned long value)
{
	volatile unsigned long *frame = __builtin_frame_address(0);
	unsigned long saved = frame[word];

	frame[word] = value;
	stack_sleep();
	frame[word] = saved;
}

static noinline int stack_recurse(int n)
{
	if (n == 0) {
		stack_sleep();
		return 0;
	}
	return stack_recurse(n - 1) + 1;	/* not a tail call: each call has a frame */
}

static noinline void __noreturn stack_never_returns(void)
{
	stack_sleep();
	kthread_exit(0);
}

static noinline void stack_outer(void)
{
	if (strcmp(how, "deep") == 0)
		WARN_ON(stack_recurse(STACK_DEEP) != STACK_DEEP);
	else if (strcmp(how, "no-frame") == 0)
		stack_sleep_spoiled(0, 8);
	else if (strcmp(how, "no-caller") == 0)
		stack_sleep_spoiled(1, 8);
	else if (strcmp(how, "no-end") == 0)
		stack_sleep_spoiled(0, 0);
	else
		stack_sleep();
}

/* The last instruction of this function is the call. */
static noinline void stack_outer_last(void)
{
	stack_never_returns();
}

static int stack_thread_fn(void *arg)
{
	if (strcmp(how, "last") == 0)
		stack_outer_last();
	stack_outer();
	return 0;
}

static int __init stack_init(void)
{
	stack_thread = kthread_run(stack_thread_fn, NULL, "stack_thread");
	return PTR_ERR_OR_ZERO(stack_thread);
}

static void __exit stack_exit(void)
{
	kthread_stop(stack_thread);
}

module_init(stack_init);
module_exit(stack_exit);
MODULE_LICENSE("GPL");
