/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel stacks.  An overflow meets the unmapped page below.  Building a stack
 * means four pages and a change of the kernel's page tables; taking it apart means
 * an interrupt to every CPU.  So free stacks are kept: kstack_free() may be called
 * anywhere (a task cannot free the stack it stands on, its successor does), and a
 * work item takes apart what is too many.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/spinlock.h>
#include <neurath/workqueue.h>
#include "vmap.h"

#define KSTACK_KEEP	64
#define KSTACK_TRIM_AT	96

/* At the base of a free stack. */
struct kstack_free {
	struct kstack_free *next;
	struct vmap_range *range;
};

static DEFINE_SPINLOCK_RANK(kstack_lock, RANK_VMAP);
static struct kstack_free *kstack_list;		/* (kstack_lock) */
static unsigned kstack_count;			/* (kstack_lock) */
static void kstack_trim(struct work_struct *work);
static DECLARE_WORK(kstack_trim_work, kstack_trim);

static struct kstack_free *kstack_pop(unsigned keep)
{
	struct kstack_free *stack = NULL;
	unsigned long flags;

	spin_lock_irqsave(&kstack_lock, flags);
	if (kstack_count > keep) {
		stack = kstack_list;
		kstack_list = stack->next;
		kstack_count--;
	}
	spin_unlock_irqrestore(&kstack_lock, flags);
	return stack;
}

static void kstack_trim(struct work_struct *work)
{
	struct kstack_free *stack;

	while ((stack = kstack_pop(KSTACK_KEEP))) {
		vmap_stack_free(stack->range);
		cond_resched();
	}
}

/*
 * The range is found again in the first words of the stack: written here, kept
 * below everything that uses the stack.
 */
void *kstack_alloc(void)
{
	struct kstack_free *stack = kstack_pop(0);
	struct vmap_range *range;

	if (stack)
		return stack;
	range = vmap_stack_alloc();
	if (!range)
		return NULL;
	stack = (struct kstack_free *)range->start;
	stack->range = range;
	return stack;
}

void kstack_free(void *base)
{
	struct kstack_free *stack = base;
	unsigned long flags;
	bool trim;

	assert(stack->range->start == (unsigned long)base);
	spin_lock_irqsave(&kstack_lock, flags);
	stack->next = kstack_list;
	kstack_list = stack;
	trim = ++kstack_count == KSTACK_TRIM_AT;
	spin_unlock_irqrestore(&kstack_lock, flags);
	if (trim)
		schedule_work(&kstack_trim_work);
}
