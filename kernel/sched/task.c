/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pid table, and the memory of tasks.
 *
 * task_alloc() takes a pid.  The pid shows a task from task_publish() to task_unpublish(), and is
 * free for other tasks after the task's memory is freed.  The table has two levels, so that it
 * costs one page for each 512 pids that were ever in use.
 *
 * Locks: pid_lock protects the table and is a leaf, so look-ups and steps of a walk work in any
 * context but NMI.  Publication and its end also happen under tasklist_lock, which keeps the
 * relations between tasks unchanged; a walk does not need it.
 */
#include <neurath/life.h>
#include <neurath/task.h>
#include <neurath/bug.h>
#include <neurath/idset.h>
#include <neurath/mm.h>
#include <neurath/port.h>
#include <neurath/process.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/user.h>
#include <neurath/workqueue.h>
#include "rq.h"

#define PIDS_PER_LEAF	(PAGE_SIZE / sizeof(struct task *))
#define PID_WRAP	300		/* after a wrap small numbers are not used again */

DEFINE_SPINLOCK_RANK(tasklist_lock, RANK_TASKLIST);

static DEFINE_SPINLOCK_RANK(pid_lock, RANK_LEAF);
static struct idset pid_used;					/* (pid_lock) */
static unsigned long pid_words[IDSET_ROOM(PID_MAX)];		/* of pid_used */
static struct task **pid_leaves[PID_MAX / PIDS_PER_LEAF];	/* (pid_lock) set once */
static pid_t pid_last = PID_INIT;				/* (pid_lock) */
static struct kmem_cache *task_cache;

/* ---- numbers -------------------------------------------------------------- */

/* Finds a free number and marks it used; 0 = no number is free. */
static pid_t pid_take(void)
{
	unsigned long flags;
	pid_t pid;

	spin_lock_irqsave(&pid_lock, flags);
	pid = (pid_t)idset_next_free(&pid_used, pid_last + 1);
	if (pid == PID_MAX)
		pid = (pid_t)idset_next_free(&pid_used, PID_WRAP);
	if (pid == PID_MAX) {
		pid = 0;
	} else {
		idset_add(&pid_used, pid);
		pid_last = pid;
	}
	spin_unlock_irqrestore(&pid_lock, flags);
	return pid;
}

static void pid_give_back(pid_t pid)
{
	unsigned long flags;

	spin_lock_irqsave(&pid_lock, flags);
	idset_remove(&pid_used, pid);
	spin_unlock_irqrestore(&pid_lock, flags);
}

/* Allocates the second-level table of @pid if it does not exist. */
static bool pid_make_leaf(pid_t pid)
{
	struct task ***slot = &pid_leaves[pid / PIDS_PER_LEAF];
	struct task **leaf;
	unsigned long flags;

	if (READ_ONCE(*slot))
		return true;
	leaf = page_alloc_table();
	if (!leaf)
		return false;
	spin_lock_irqsave(&pid_lock, flags);
	if (!*slot) {
		*slot = leaf;
		leaf = NULL;
	}
	spin_unlock_irqrestore(&pid_lock, flags);
	if (leaf)
		page_free_table(leaf);
	return true;
}

/* Caller holds pid_lock; the leaf of @pid exists. */
static struct task **pid_slot(pid_t pid)
{
	assert_spin_held(&pid_lock);
	return &pid_leaves[pid / PIDS_PER_LEAF][pid % PIDS_PER_LEAF];
}

/* ---- lookup and walk ------------------------------------------------------ */

struct task *task_find_next_get(pid_t *pid)
{
	struct task *t = NULL;
	unsigned long flags;

	spin_lock_irqsave(&pid_lock, flags);
	/* A panic may come before the set is made: its size is 0 then. */
	while (!t && (*pid = (pid_t)idset_next_used(&pid_used, *pid + 1)) < (pid_t)pid_used.size) {
		/* A number in use shows no task before publication. */
		if (pid_leaves[*pid / PIDS_PER_LEAF])
			t = *pid_slot(*pid);
	}
	if (t)
		atomic_inc(&t->refs);
	spin_unlock_irqrestore(&pid_lock, flags);
	return t;
}

struct task *task_find_get(pid_t pid)
{
	struct task *t = NULL;
	unsigned long flags;

	if (pid <= 0 || pid >= PID_MAX)
		return NULL;
	spin_lock_irqsave(&pid_lock, flags);
	if (pid_leaves[pid / PIDS_PER_LEAF])
		t = *pid_slot(pid);
	if (t)
		atomic_inc(&t->refs);
	spin_unlock_irqrestore(&pid_lock, flags);
	return t;
}

struct task *task_find(pid_t pid)
{
	struct task *t;

	assert_spin_held(&tasklist_lock);
	t = task_find_get(pid);
	/* The table's own reference exists as long as tasklist_lock is held. */
	if (t)
		atomic_dec(&t->refs);
	return t;
}

/*
 * The position of a walk is the number at which the task was found.  The task's pid may have
 * changed since (task_swap_pids()); a walk that continued from the new pid would miss other
 * tasks.
 */
static struct task *task_walk_on(struct task_walk *walk)
{
	walk->task = task_find_next_get(&walk->pid);
	return walk->task;
}

struct task *task_walk_first(struct task_walk *walk)
{
	walk->pid = 0;
	return task_walk_on(walk);
}

struct task *task_walk_next(struct task_walk *walk)
{
	struct task *prev = walk->task;

	race_point();
	task_walk_on(walk);
	task_put(prev);
	return walk->task;
}

/* ---- publication ---------------------------------------------------------- */

static unsigned nr_tasks_visible;		/* (tasklist_lock) */

unsigned tasks_visible(void)
{
	return READ_ONCE(nr_tasks_visible);
}

/* A thread counts for its user as long as it is in the table; a zombie counts, too. */
static void task_count(struct task *t, int n)
{
	assert_spin_held(&tasklist_lock);
	WRITE_ONCE(nr_tasks_visible, nr_tasks_visible + (unsigned)n);
	t->process->nr_tasks += n;
	t->process->user->nr_tasks += n;
}

static void pid_set_slot(pid_t pid, struct task *t)
{
	unsigned long flags;

	spin_lock_irqsave(&pid_lock, flags);
	*pid_slot(pid) = t;
	spin_unlock_irqrestore(&pid_lock, flags);
}

void task_publish(struct task *t)
{
	assert_spin_held(&tasklist_lock);
	task_count(t, 1);
	task_get(t);
	pid_set_slot(t->pid, t);
}

void task_unpublish(struct task *t)
{
	assert_spin_held(&tasklist_lock);
	task_count(t, -1);
	pid_set_slot(t->pid, NULL);
	/* The number is freed with the task's memory: t->pid belongs to the task until then. */
	task_put(t);
}

void task_swap_pids(struct task *a, struct task *b)
{
	unsigned long flags;
	pid_t pid = a->pid;

	assert_spin_held(&tasklist_lock);
	spin_lock_irqsave(&pid_lock, flags);
	WRITE_ONCE(a->pid, b->pid);
	WRITE_ONCE(b->pid, pid);
	*pid_slot(a->pid) = a;
	*pid_slot(b->pid) = b;
	spin_unlock_irqrestore(&pid_lock, flags);
}

/* ---- memory --------------------------------------------------------------- */

static void task_init_fields(struct task *t, const char *comm)
{
	atomic_set(&t->refs, 1);
	strscpy(t->comm, comm, sizeof(t->comm));
	t->state = TASK_IDLE;		/* asleep until it is woken for the first time */
	t->patch_state = current->patch_state;
	t->start_ns = clock_ns();
	spin_lock_init_rank(&t->pi_lock, "task->pi_lock", RANK_TASK_PI);
	INIT_LIST_HEAD(&t->thread_node);
	INIT_LIST_HEAD(&t->pending.queue);
	sched_init_entity(t);
}

static void task_trim_stacks(struct work_struct *work)
{
	while (kstack_trim_one())
		cond_resched();
}

static DECLARE_WORK(task_trim_work, task_trim_stacks);

void task_free_stack(void *stack)
{
	if (kstack_free(stack))
		schedule_work(&task_trim_work);
}

static int task_born(struct task *t)
{
	SET_FOREACH(struct life_hook, hook, life) {
		if (hook->task_born && hook->task_born(t)) {
			life_call(task_freed, t);
			return -ENOMEM;
		}
	}
	return 0;
}

static struct task *task_alloc_pid(const char *comm, pid_t pid)
{
	struct task *t;

	if (!pid)
		return NULL;
	if (!pid_make_leaf(pid))
		goto put_pid;
	t = kmem_cache_alloc(task_cache, GFP_KERNEL | __GFP_ZERO);
	if (!t)
		goto put_pid;
	task_init_fields(t, comm);
	t->pid = t->tgid = pid;
	t->stack = kstack_alloc();
	if (!t->stack)
		goto put_task;
	if (task_born(t))
		goto put_stack;
	return t;

put_stack:
	task_free_stack(t->stack);
put_task:
	kmem_cache_free(task_cache, t);
put_pid:
	pid_give_back(pid);
	return NULL;
}

struct task *task_alloc(const char *comm)
{
	return task_alloc_pid(comm, pid_take());
}

struct task *task_alloc_init(const char *comm)
{
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&pid_lock, flags);
	taken = idset_has(&pid_used, PID_INIT);
	idset_add(&pid_used, PID_INIT);
	spin_unlock_irqrestore(&pid_lock, flags);
	assert(!taken);
	return task_alloc_pid(comm, PID_INIT);
}

static void task_free(struct task *t)
{
	/* klp_task_dead() has counted the task out.  Without that a transition would not end. */
	assert(!test_task_flag(t, TIF_PATCH_PENDING));
	if (t->stack)		/* the task never ran */
		task_free_stack(t->stack);
	if (t->fpu)
		arch_fpu_free(t);
	life_call(task_freed, t);
	if (t->process)
		process_put(t->process);
	kfree(t->kthread);
	pid_give_back(t->pid);
	kmem_cache_free(task_cache, t);
}

void task_put(struct task *t)
{
	if (atomic_dec_and_test(&t->refs))
		task_free(t);
}

char task_state_letter(const struct task *t)
{
	unsigned state = READ_ONCE(t->state);

	if (state == TASK_DEAD)
		return t->process && t->process->leader == t ? 'Z' : 'X';
	if (state & TASK_STOPPED_BIT)
		return 'T';
	if (state & TASK_TRACED_BIT)
		return 't';
	if (state & TASK_INTERRUPTIBLE)
		return 'S';
	if (state & TASK_UNINTERRUPTIBLE)
		return state & TASK_NOLOAD ? 'I' : 'D';
	return 'R';
}

void task_init(void)
{
	idset_init(&pid_used, PID_MAX, pid_words);
	idset_add(&pid_used, 0);	/* the idle tasks */
	task_cache = kmem_cache_create("task", sizeof(struct task), 64);
	assert(task_cache);
}
