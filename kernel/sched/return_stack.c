/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Return stacks (neurath/return_hook.h): every task has one from the first use of the function
 * graph tracer on.  A task keeps its return stack for life: its returns may be hooked at any time.
 *
 * The walk makes the stacks of the tasks that are published when it begins.  A task that begins
 * to run later finds return_stacks_wanted, and makes its own.
 */
#include <neurath/life.h>
#include <neurath/mm.h>
#include <neurath/return_hook.h>
#include <neurath/sched.h>
#include <neurath/task.h>

static bool return_stacks_wanted;

static int return_stack_make(struct task *t)
{
	struct return_stack *s, *none = NULL;

	if (READ_ONCE(t->returns))
		return 0;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	/* The walk and the task itself may come together. */
	if (!__atomic_compare_exchange_n(&t->returns, &none, s, false, __ATOMIC_RELEASE,
					 __ATOMIC_RELAXED))
		kfree(s);
	return 0;
}

/* Without memory the task is not traced. */
void return_stack_first_run(void)
{
	/* After the publication of current, whose lock is a full barrier. */
	if (unlikely(READ_ONCE(return_stacks_wanted)))
		(void)return_stack_make(current);
}

int return_stacks_need(void)
{
	struct task_walk walk;
	int error = 0;

	WRITE_ONCE(return_stacks_wanted, true);
	/* A task that has not seen the flag is in the table.  Pairs with its publication. */
	smp_mb();
	for (unsigned cpu = 0; cpu < nr_cpus && !error; cpu++)
		error = return_stack_make(idle_task(cpu));
	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk))
		if (!error)
			error = return_stack_make(t);
	return error;
}

static void return_stack_free(struct task *t)
{
	kfree(t->returns);
}

LIFE_HOOK(return_stack_life) = { .task_freed = return_stack_free };
