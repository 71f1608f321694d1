/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of an address space: creation, fork, exec, and the end.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/init.h>
#include <neurath/life.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <uapi/resource.h>
#include "area.h"
#include "internal.h"

/* Room for the stack below USER_MAX: at least this much, even if the stack limit is smaller. */
#define MMAP_MIN_STACK	(128UL << 20)
#define MMAP_MAX_STACK	(USER_MAX / 6 * 5)

static struct kmem_cache *mm_cache;
void vm_init(void)
{
	mm_cache = kmem_cache_create("mm", sizeof(struct mm), 64);
	assert(mm_cache);
	area_init();
	vmobject_init();
}

struct mm *mm_create(void)
{
	struct mm *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL | __GFP_ZERO);
	unsigned long stack = process_rlimit(RLIMIT_STACK);

	if (!mm)
		return NULL;
	mm->pgd = pgd_alloc();
	if (!mm->pgd) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	atomic_set(&mm->refs, 1);
	mm->privileged = is_superuser();
	mutex_init_rank(&mm->mmap_lock, "mmap_lock", RANK_MMAP);
	spin_lock_init_rank(&mm->page_lock, "page_lock", RANK_MM_PAGES);
	INIT_LIST_HEAD(&mm->areas);
	area_tree_init(mm);
	mm->mmap_base = USER_MAX - VM_STACK_GAP -
		(clamp(stack, MMAP_MIN_STACK, MMAP_MAX_STACK) & PAGE_MASK);
	return mm;
}

static void mm_copy_fields(struct mm *new, const struct mm *old)
{
	new->mmap_base = old->mmap_base;
	new->brk_start = old->brk_start;
	new->brk = old->brk;
	new->stack_start = old->stack_start;
	new->arg_start = old->arg_start;
	new->arg_end = old->arg_end;
	new->env_start = old->env_start;
	new->env_end = old->env_end;
	memcpy(new->auxv, old->auxv, sizeof(new->auxv));
	new->dumpable = READ_ONCE(old->dumpable);
}

/* Caller holds old->mmap_lock; @new is not shared yet. */
static int mm_copy_areas(struct mm *new, struct mm *old, bool *flush)
{
	struct vm_area *area, *copy;
	int error;

	assert_mutex_held(&old->mmap_lock);
	list_for_each_entry(area, &old->areas, node) {
		/* A device belongs only to the process that claimed it. */
		if (area->flags & VM_DEVICE)
			continue;
		copy = area_dup(area);
		if (!copy)
			return -ENOMEM;
		area_append(new, copy);
		new->total_vm += (area->end - area->start) >> PAGE_SHIFT;
		error = vm_copy_ptes(new, old, area, flush);
		if (error)
			return error;
	}
	return 0;
}

struct mm *mm_fork(struct mm *old)
{
	bool flush = false;
	struct mm *new;
	int error;

	if (pages_scarce())
		vmobject_shrink_cache();
	new = pages_scarce() ? NULL : mm_create();
	if (!new)
		return NULL;
	mutex_lock(&old->mmap_lock);
	mm_copy_fields(new, old);
	error = mm_copy_areas(new, old, &flush);
	/* Before the child runs: from here on no thread of the parent writes to a shared page. */
	if (flush)
		tlb_flush_mm(old);
	mutex_unlock(&old->mmap_lock);
	if (!error)
		return new;
	mm_put(new);
	return NULL;
}

void mm_get(struct mm *mm)
{
	atomic_inc(&mm->refs);
}

static void mm_destroy(struct mm *mm)
{
	struct vm_area *area, *next;

	mm_unload_everywhere(mm);
	/* Only for the assertions: no other task can use the address space. */
	mutex_lock(&mm->mmap_lock);
	list_for_each_entry_safe(area, next, &mm->areas, node) {
		vm_zap(mm, area, area->start, area->end, false);
		area_free(area);
	}
	mutex_unlock(&mm->mmap_lock);
	assert(mm->rss == 0);
	pgd_free(mm->pgd);
	life_call(mm_freed, mm);
	kmem_cache_free(mm_cache, mm);
}

void mm_put(struct mm *mm)
{
	if (atomic_dec_and_test(&mm->refs))
		mm_destroy(mm);
}

struct mm *task_get_mm(struct task *t)
{
	unsigned long flags;
	struct mm *mm;

	spin_lock_irqsave(&t->pi_lock, flags);
	mm = t->mm;
	if (mm)
		mm_get(mm);
	spin_unlock_irqrestore(&t->pi_lock, flags);
	return mm;
}

bool task_dumpable(struct task *t)
{
	unsigned long flags;
	bool dumpable;

	spin_lock_irqsave(&t->pi_lock, flags);
	dumpable = t->mm && READ_ONCE(t->mm->dumpable);
	spin_unlock_irqrestore(&t->pi_lock, flags);
	return dumpable;
}

void mm_switch_to_new(struct mm *mm)
{
	struct mm *old = current->mm;
	unsigned long flags = irq_save();

	/* pi_lock: task_get_mm() of other tasks. */
	spin_lock(&current->pi_lock);
	current->mm = mm;
	spin_unlock(&current->pi_lock);
	mm_activate(mm);
	irq_restore(flags);
	if (old)
		mm_put(old);
}

void mm_exit_current(void)
{
	struct mm *mm = current->mm;
	unsigned long flags;

	if (!mm)
		return;
	/* From here on the scheduler treats this task like a kernel thread. */
	spin_lock_irqsave(&current->pi_lock, flags);
	WRITE_ONCE(current->mm, NULL);
	spin_unlock_irqrestore(&current->pi_lock, flags);
	mm_put(mm);
}
