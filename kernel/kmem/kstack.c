/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel stacks.  An overflow accesses the unmapped page below the stack.  Building a stack needs
 * four pages and a change of the kernel's page tables; destroying one needs an interrupt to every
 * CPU.  So free stacks are cached. kstack_free() may be called in any context (a task cannot free
 * the stack it runs on; its successor does).  If there are too many free stacks, a work item of
 * the scheduler destroys some.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/spinlock.h>
#include "vmap.h"

#define KSTACK_KEEP	64
#define KSTACK_TRIM_AT	96

/* Stored at the base of a free stack. */
struct kstack_free {
	struct kstack_free *next;
	struct vmap_range *range;
};

static DEFINE_SPINLOCK_RANK(kstack_lock, RANK_VMAP);
static struct kstack_free *kstack_list;		/* (kstack_lock) */
static unsigned kstack_count;			/* (kstack_lock) */

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

bool kstack_trim_one(void)
{
	struct kstack_free *stack = kstack_pop(KSTACK_KEEP);

	if (stack)
		vmap_stack_free(stack->range);
	return stack;
}

/*
 * The first words of the stack store its range: written here, and kept below everything that uses
 * the stack.
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

bool kstack_free(void *base)
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
	return trim;
}
