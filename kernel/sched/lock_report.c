/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a report about locks.  Debug builds know every lock that a task or a CPU holds.  A
 * release build knows the owner of each kernel mutex that has a name.
 */
#include <neurath/lockcheck.h>
#include <neurath/mutex.h>
#include <neurath/printk.h>
#include <neurath/report.h>
#include <neurath/sysrq.h>

static void lock_report_mutexes(const struct task *task)
{
	SET_FOREACH(struct mutex_entry, entry, mutex) {
		if (mutex_owner(entry->mutex) == task)
			pr_emerg("holds the mutex %s\n", entry->mutex->name);
	}
}

static void lock_report(const struct report *r)
{
	const struct task *task = r->task;
	const char *name;

	if (!task)
		return;
	for (unsigned i = 0; i < task->held_count; i++)
		pr_emerg("holds the mutex %s\n", ((struct mutex *)task->held_locks[i])->name);
	if (!CONFIG_DEBUG)
		lock_report_mutexes(task);
	for (unsigned i = 0; (name = lockcheck_held(cpu_id(), i)); i++)
		pr_emerg("holds the spinlock %s\n", name);
}
REPORTER(lock_reporter, lock_report);

/* ---- SysRq ---------------------------------------------------------------------------- */

/* An owner may have ended in an oops: if it is no task any more, its address is shown. */
static void lock_print_mutex(const struct mutex *m)
{
	const struct task *owner = mutex_owner(m);
	struct task_walk walk;

	if (!owner)
		return;
	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
		if (t == owner) {
			pr_emerg("mutex %s: held by %s pid %d\n", m->name, t->comm, t->pid);
			task_put(t);
			return;
		}
	}
	pr_emerg("mutex %s: held by a task that has ended\n", m->name);
}

static void lock_print_task(const struct task *t)
{
	unsigned held = min(READ_ONCE(t->held_count), (unsigned)ARRAY_SIZE(t->held_locks));

	for (unsigned i = 0; i < held; i++)
		pr_emerg("mutex %s: held by %s pid %d\n",
			 ((const struct mutex *)t->held_locks[i])->name, t->comm, t->pid);
}

static void lock_sysrq(void)
{
	struct task_walk walk;
	const char *name;

	SET_FOREACH(struct mutex_entry, entry, mutex)
		lock_print_mutex(entry->mutex);
	for (struct task *t = task_walk_first(&walk); CONFIG_DEBUG && t; t = task_walk_next(&walk))
		lock_print_task(t);
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		for (unsigned i = 0; (name = lockcheck_held(cpu, i)); i++)
			pr_emerg("spinlock %s: held by CPU %u\n", name, cpu);
	}
}
SYSRQ(locks, 'd', "locks that are held, and by whom", lock_sysrq);
