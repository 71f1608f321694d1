/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forbidden ranges and the judgement of a stack, for patch_stack.c and patch_look.c.
 */
#ifndef SCHED_PATCH_STACK_H
#define SCHED_PATCH_STACK_H

#include <neurath/klp_task.h>

/*
 * The forbidden ranges, or NULL outside a transition.  Read with interrupts off and acquire order,
 * without a lock; klp_ranges_publish() changes it.
 */
extern struct klp_ranges *ranges_now;
/* True if @addr is in @set, which may be NULL. (any) */
bool ranges_hit(const struct klp_ranges *set, unsigned long addr);
/*
 * KLP_CLEAR, KLP_BLOCKED or KLP_UNRELIABLE.  Interrupts are off; @task is current, or
 * task_call_func() holds it.
 */
enum klp_verdict judge_stack(struct task *task, const struct klp_ranges *set,
			     struct klp_judgement *out);

#endif
