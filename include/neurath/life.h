/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Birth and death: hooks of upper floors for the creation and the end of tasks, processes and
 * address spaces, and for the tick.
 *
 * An upper floor registers by a LIFE_HOOK() next to its code.  Each event calls this function in
 * all hooks that have it; their order does not matter.
 */
#ifndef NEURATH_LIFE_H
#define NEURATH_LIFE_H

#include <neurath/compiler.h>
#include <neurath/types.h>

struct mm;
struct process;
struct task;

struct life_hook {
	int (*task_born)(struct task *t);	/* not published yet: 0, -ENOMEM */
	/*
	 * It has made its last switch; its stack is free. (interrupts on, called by another task)
	 */
	void (*task_gone)(struct task *t);
	/* The last reference; also after a task_born() that failed or was not called. (any) */
	void (*task_freed)(struct task *t);
	void (*process_exits)(struct process *p);	/* its last thread exits (task) */
	void (*process_freed)(struct process *p);	/* the last reference (any) */
	void (*mm_freed)(const struct mm *mm);	/* the last page is free (any) */
	/* @t has run for @delta ns since the previous tick, now in user mode or not. (irqs off) */
	void (*tick)(struct task *t, u64 delta, bool user);
};

#define LIFE_HOOK(name)	SET_ENTRY(life, struct life_hook, name)

/* Calls @event of all hooks. */
#define life_call(event, ...) do {						\
	SET_FOREACH(struct life_hook, hook_, life)				\
		if (hook_->event)						\
			hook_->event(__VA_ARGS__);				\
} while (0)

#endif
