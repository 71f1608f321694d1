/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pid table, and the memory of tasks.
 *
 * A pid is taken by task_alloc(), shows a task from task_publish() to
 * task_unpublish(), and is free for others after that.  The table has two levels,
 * so that it costs a page for each 512 pids that were ever in use.
 *
 * Locks: pid_lock protects the table and is a leaf, so lookups and steps of a
 * walk work in any context but NMI.  Publication and its end also happen under
 * tasklist_lock, which keeps relations between tasks still; a walk does not
 * need it.
 */
#include <neurath/task.h>
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/port.h>
#include <neurath/process.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "rq.h"

#define PIDS_PER_LEAF	(PAGE_SIZE / sizeof(struct task *))
#define PID_INIT	1
#define PID_WRAP	300		/* small numbers stay with those that came first */

DEFINE_SPINLOCK_RANK(tasklist_lock, RANK_TASKLIST);

static DEFINE_SPINLOCK_RANK(pid_lock, RANK_LEAF);
static u64 pid_used[PID_MAX / 64] = { 1 };			/* (pid_lock) */
static struct task **pid_leaves[PID_MAX / PIDS_PER_LEAF];	/* (pid_lock) set once */
static pid_t pid_last = PID_INIT;				/* (pid_lock) */
static struct kmem_cache *task_cache;

/* ---- numbers -------------------------------------------------------------- */

/* First pid >= @from whose bit is @used; PID_MAX if there is none.  Caller holds pid_lock. */
static pid_t pid_scan(pid_t from, bool used)
{
	assert_spin_held(&pid_lock);
	for (unsigned word = from / 64; word < ARRAY_SIZE(pid_used); word++) {
		u64 bits = used ? pid_used[word] : ~pid_used[word];

		if (word == (unsigned)from / 64)
			bits &= ~0UL << (from % 64);
		if (bits)
			return word * 64 + __builtin_ctzl(bits);
	}
	return PID_MAX;
}

/* A free number, marked used; 0 = none left. */
static pid_t pid_take(void)
{
	unsigned long flags;
	pid_t pid;

	spin_lock_irqsave(&pid_lock, flags);
	pid = pid_scan(pid_last + 1, false);
	if (pid == PID_MAX)
		pid = pid_scan(PID_WRAP, false);
	if (pid == PID_MAX) {
		pid = 0;
	} else {
		pid_used[pid / 64] |= BIT(pid % 64);
		pid_last = pid;
	}
	spin_unlock_irqrestore(&pid_lock, flags);
	return pid;
}

static void pid_give_back(pid_t pid)
{
	unsigned long flags;

	spin_lock_irqsave(&pid_lock, flags);
	pid_used[pid / 64] &= ~BIT(pid % 64);
	spin_unlock_irqrestore(&pid_lock, flags);
}

/* Makes sure that the second-level table of @pid exists. */
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

struct task *task_find_next_get(pid_t pid)
{
	struct task *t = NULL;
	unsigned long flags;

	spin_lock_irqsave(&pid_lock, flags);
	while (!t && (pid = pid_scan(pid + 1, true)) < PID_MAX) {
		/* A number in use shows nothing before publication. */
		if (pid_leaves[pid / PIDS_PER_LEAF])
			t = *pid_slot(pid);
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
	/* The table's own reference stays as long as tasklist_lock is held. */
	if (t)
		atomic_dec(&t->refs);
	return t;
}

/*
 * The position is a number of the walk's own: the pid of the task it stands on may
 * change (task_swap_pids()).
 */
static struct task *task_walk_to(struct task_walk *walk, struct task *task)
{
	if (task)
		walk->pid = READ_ONCE(task->pid);
	walk->task = task;
	return task;
}

struct task *task_walk_first(struct task_walk *walk)
{
	return task_walk_to(walk, task_find_next_get(0));
}

struct task *task_walk_next(struct task_walk *walk)
{
	struct task *prev = walk->task;

	race_point();
	task_walk_to(walk, task_find_next_get(walk->pid));
	task_put(prev);
	return walk->task;
}

/* ---- publication ---------------------------------------------------------- */

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
	task_get(t);
	pid_set_slot(t->pid, t);
}

void task_unpublish(struct task *t)
{
	assert_spin_held(&tasklist_lock);
	pid_set_slot(t->pid, NULL);
	/* The number is given back with the task's memory, not before: t->pid stays its own. */
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
	if (call_init_task(t))
		goto put_stack;
	return t;

put_stack:
	kstack_free(t->stack);
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
	taken = pid_used[0] & BIT(PID_INIT);
	pid_used[0] |= BIT(PID_INIT);
	spin_unlock_irqrestore(&pid_lock, flags);
	assert(!taken);
	return task_alloc_pid(comm, PID_INIT);
}

static void task_free(struct task *t)
{
	/* klp_task_dead() has counted it out: a transition would wait for it for ever. */
	assert(!test_task_flag(t, TIF_PATCH_PENDING));
	if (t->stack)		/* never ran */
		kstack_free(t->stack);
	if (t->fpu)
		arch_fpu_free(t);
	call_free_task(t);
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
	task_cache = kmem_cache_create("task", sizeof(struct task), 64);
	assert(task_cache);
}
