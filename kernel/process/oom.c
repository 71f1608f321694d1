/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out of memory: the choice of a process to kill when a page fault finds no free page.  A system
 * call that can return -ENOMEM does so instead, and no process is killed for it.
 *
 * For the fault of an ordinary user, a process of the ordinary user with the most memory is
 * killed.  Processes of root are killed only for a fault of root or of a server, and only if no
 * ordinary user has 1/USER_SHARE of the memory.  Among the user's processes the one with the most
 * memory is chosen.  Init, servers and processes with oom_score_adj -1000 are not chosen.
 *
 * One process is killed at a time. oom_mutex serialises the choice; no task waits while it holds
 * it.  The two words below are what other tasks wait for.  They are set under oom_mutex.  The
 * events themselves clear them: oom_mm without a lock of the address space, oom_victim under
 * tasklist_lock.
 */
#include <neurath/bug.h>
#include <neurath/file.h>
#include <neurath/life.h>
#include <neurath/mm.h>
#include <neurath/oom.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/user.h>
#include <neurath/vm.h>

#define USER_SHARE	256
/* A thread's struct, registers and call, in addition to its stack. */
#define TASK_PAGES	((KSTACK_SIZE >> PAGE_SHIFT) + 2)
#define KB(pages)	((unsigned long)(pages) << (PAGE_SHIFT - 10))

static DEFINE_MUTEX_RANK(oom_mutex, RANK_OOM);
static DECLARE_WAIT_QUEUE_HEAD(oom_wait);
/* the dying process, with a reference; NULL: its last stack is freed */
static struct process *oom_victim;
static const struct mm *oom_mm;		/* its address space, only compared; NULL: it is freed */

/* The memory of one process, in pages. */
struct oom_size {
	size_t rss, tables, total_vm, all;
};

/* ---- sizes ------------------------------------------------------------------------ */

/*
 * The process's share of the contents that it maps, whether the pages are in its tables or not.
 * rss does not show pages of a shared mapping that was truncated, or of a file that was never
 * accessed.
 */
static size_t oom_object_pages(const struct vmobject *o)
{
	size_t table = o->nr_pages * sizeof(struct page *) >> PAGE_SHIFT;

	return (READ_ONCE(o->nr_present) + table) / max(atomic_read(&o->refs), 1);
}

static void oom_add_mm(struct mm *mm, struct oom_size *size)
{
	struct vm_area *area;
	size_t bytes = 0;

	mutex_lock(&mm->mmap_lock);
	list_for_each_entry(area, &mm->areas, node) {
		bytes += sizeof(*area) + (area->name ? ksize(area->name) : 0);
		if (area->object)
			size->all += oom_object_pages(area->object);
	}
	spin_lock(&mm->page_lock);
	size->tables = pgd_pages(mm->pgd);
	size->rss = mm->rss;
	spin_unlock(&mm->page_lock);
	size->total_vm = mm->total_vm;
	mutex_unlock(&mm->mmap_lock);
	size->all += size->rss + size->tables + (bytes >> PAGE_SHIFT);
}

/* The address space of any of its threads, with a reference; NULL: no thread has one any more. */
static struct mm *oom_get_mm(struct process *p)
{
	struct mm *mm = NULL;
	unsigned long flags;
	struct task *t;

	spin_lock_irqsave(&p->lock, flags);
	list_for_each_entry(t, &p->threads, thread_node) {
		mm = task_get_mm(t);
		if (mm)
			break;
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return mm;
}

static struct files *oom_get_files(struct process *p)
{
	struct files *files = NULL;
	unsigned long flags;
	struct task *t;

	spin_lock_irqsave(&p->lock, flags);
	list_for_each_entry(t, &p->threads, thread_node) {
		files = task_get_files(t);
		if (files)
			break;
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return files;
}

static void oom_measure(struct process *p, struct oom_size *size)
{
	struct mm *mm = oom_get_mm(p);
	struct files *files = oom_get_files(p);

	*size = (struct oom_size){ .all = READ_ONCE(p->nr_tasks) * TASK_PAGES };
	if (mm) {
		oom_add_mm(mm, size);
		mm_put(mm);
	}
	if (files) {
		size->all += files_memory(files) >> PAGE_SHIFT;
		files_put(files);
	}
}

/* ---- the choice --------------------------------------------------------------------- */

static bool oom_is_server(struct process *p)
{
	bool server = false;
	unsigned long flags;
	struct task *t;

	spin_lock_irqsave(&p->lock, flags);
	list_for_each_entry(t, &p->threads, thread_node)
		server |= (READ_ONCE(t->pflags) & PF_SERVER) && p->cred.euid == 0;
	spin_unlock_irqrestore(&p->lock, flags);
	return server;
}

static bool oom_may_choose(struct process *p)
{
	return p->state == PROCESS_ALIVE && !(p->sig_flags & SIGNAL_UNKILLABLE) &&
	       READ_ONCE(p->oom_score_adj) != OOM_SCORE_ADJ_MIN && !oom_is_server(p);
}

/* The process whose leader @t is; NULL if @t is no leader or the process is never chosen. */
static struct process *oom_candidate(const struct task *t)
{
	struct process *p = t->process;

	return !(t->pflags & PF_KTHREAD) && p->leader == t && oom_may_choose(p) ? p : NULL;
}

/* The user of the process, with a reference. */
static struct user *oom_get_user(struct process *p)
{
	unsigned long flags;
	struct user *u;

	spin_lock_irqsave(&p->lock, flags);
	u = user_get(p->user);
	spin_unlock_irqrestore(&p->lock, flags);
	return u;
}

/* Measures all candidates.  Returns the ordinary user with most memory and a reference, or NULL. */
static struct user *oom_measure_all(void)
{
	static unsigned round;			/* (oom_mutex) */
	struct user *most = NULL;
	struct task_walk walk;

	assert_mutex_held(&oom_mutex);
	round++;
	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
		struct process *p = oom_candidate(t);
		struct oom_size size;
		struct user *u;

		if (!p)
			continue;
		oom_measure(p, &size);
		p->oom_pages = size.all;
		u = oom_get_user(p);
		u->oom_pages = (u->oom_round == round ? u->oom_pages : 0) + size.all;
		u->oom_round = round;
		if (u->uid && (!most || u->oom_pages >= most->oom_pages)) {
			if (most)
				user_put(most);
			most = u;
		} else {
			user_put(u);
		}
	}
	return most;
}

static long oom_points(const struct process *p)
{
	long adj = READ_ONCE(p->oom_score_adj);

	return (long)p->oom_pages + adj * (long)(pages_total() / OOM_SCORE_ADJ_MAX);
}

/* The largest process of user @uid by that measure, with a reference, or NULL. */
static struct process *oom_largest_of(uid_t uid)
{
	struct process *largest = NULL;
	struct task_walk walk;

	assert_mutex_held(&oom_mutex);
	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
		struct process *p = oom_candidate(t);

		if (!p || p->cred.uid != uid)
			continue;
		if (largest && oom_points(p) <= oom_points(largest))
			continue;
		process_get(p);
		if (largest)
			process_put(largest);
		largest = p;
	}
	return largest;
}

static struct process *oom_choose(void)
{
	struct user *most = oom_measure_all();
	struct process *p = NULL;

	if (most && (!pages_privileged() || most->oom_pages >= pages_total() / USER_SHARE))
		p = oom_largest_of(most->uid);
	if (!p && pages_privileged())
		p = oom_largest_of(0);
	if (!p && most)
		p = oom_largest_of(most->uid);
	if (most)
		user_put(most);
	return p;
}

/* ---- the kill --------------------------------------------------------------------------- */

static void oom_report(struct process *p)
{
	struct oom_size size;

	oom_measure(p, &size);
	pr_warn("%s invoked oom-killer: PID %d, UID %u, %lu kB free of %lu kB\n", current->comm,
		current->process->pid, current->process->cred.uid, KB(pages_free()),
		KB(pages_total()));
	pr_err("Out of memory: Killed process %d (%s) total-vm:%lukB, rss:%lukB, "
	       "pgtables:%lukB, held:%lukB, UID:%u oom_score_adj:%d\n", p->pid,
	       p->leader->comm, KB(size.total_vm), KB(size.rss), KB(size.tables), KB(size.all),
	       p->cred.uid, p->oom_score_adj);
}

/* Other processes that use @mm (vfork, CLONE_VM) would keep it. */
static void oom_kill_sharers(const struct process *victim, const struct mm *mm)
{
	struct task_walk walk;

	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
		struct process *p = oom_candidate(t);

		if (p && p != victim && READ_ONCE(t->mm) == mm)
			send_signal_process(SIGKILL, NULL, p);
	}
}

/* Consumes the reference. */
static void oom_kill(struct process *p)
{
	struct mm *mm = oom_get_mm(p);
	struct process *old = NULL;
	unsigned long flags;

	assert_mutex_held(&oom_mutex);
	oom_report(p);
	/* Under the lock: it is seen to be gone, or its end finds the two words and clears them. */
	spin_lock_irqsave(&tasklist_lock, flags);
	if (p->state == PROCESS_ALIVE) {
		WRITE_ONCE(oom_mm, mm);
		process_get(p);
		old = xchg(&oom_victim, p);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (old)
		process_put(old);
	send_signal_process(SIGKILL, NULL, p);
	if (mm) {
		oom_kill_sharers(p, mm);
		mm_put(mm);
	}
	process_put(p);
}

static void oom_mm_gone(const struct mm *mm)
{
	if (likely(READ_ONCE(oom_mm) != mm))
		return;
	WRITE_ONCE(oom_mm, NULL);
	wake_up_all(&oom_wait);
}

LIFE_HOOK(oom_life) = { .mm_freed = oom_mm_gone };

void oom_process_gone(struct process *p)
{
	assert_spin_held(&tasklist_lock);
	if (likely(READ_ONCE(oom_victim) != p) || cmpxchg(&oom_victim, p, NULL) != p)
		return;
	wake_up_all(&oom_wait);
	process_put(p);		/* not the last reference: the caller has one */
}

static bool oom_in_progress(bool in_kernel)
{
	return READ_ONCE(oom_victim) && (!in_kernel || READ_ONCE(oom_mm));
}

/* Kills one process unless one is dying already.  Caller holds oom_mutex. */
static void oom_start(bool in_kernel)
{
	struct process *p;

	assert_mutex_held(&oom_mutex);
	if (!pages_short() || oom_in_progress(in_kernel))
		return;
	p = oom_choose();
	if (!p && current->process == init_process)
		panic("Out of memory and no killable processes: the machine needs more (MEM=)");
	if (!p) {
		/* Only a server is left: kill it, init starts it again. */
		process_get(current->process);
		p = current->process;
	}
	oom_kill(p);
}

bool oom_make_room(bool in_kernel)
{
	if (fatal_signal_pending(current) || (current->pflags & PF_EXITING))
		return false;
	mutex_lock(&oom_mutex);
	oom_start(in_kernel);
	mutex_unlock(&oom_mutex);
	wait_event_killable(oom_wait, !oom_in_progress(in_kernel) || !pages_short());
	return !fatal_signal_pending(current);
}

unsigned oom_score(struct process *p)
{
	struct oom_size size;
	long score;

	if (!oom_may_choose(p))
		return 0;
	oom_measure(p, &size);
	score = (long)(size.all * OOM_SCORE_ADJ_MAX / pages_total()) + p->oom_score_adj;
	return clamp(score, 0L, 2000L);
}
