/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions and process groups, and the group that may use the terminal.
 *
 * A group exists while it has members or is the foreground group of a session; a session exists
 * while it has groups.  Each holds a reference on the task whose pid is its number, so that no
 * new task can get this number.  Everything is protected by tasklist_lock.  A server owns the
 * terminal itself; here it is only a number (ctty.c).
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>

static LIST_HEAD(all_sessions);
static LIST_HEAD(all_groups);

struct process_group *pgrp_find(pid_t pgid)
{
	struct process_group *pg;

	assert_spin_held(&tasklist_lock);
	list_for_each_entry(pg, &all_groups, node) {
		if (pg->pgid == pgid)
			return pg;
	}
	return NULL;
}

struct session *session_find_by_ctty(u64 id)
{
	struct session *s;

	assert_spin_held(&tasklist_lock);
	list_for_each_entry(s, &all_sessions, node) {
		if (s->ctty_id == id)
			return s;
	}
	return NULL;
}

void session_pid_moved(struct task *old, struct task *leader)
{
	struct process_group *pg;
	struct session *s;

	assert_spin_held(&tasklist_lock);
	list_for_each_entry(pg, &all_groups, node) {
		if (pg->number == old) {
			task_get(leader);
			pg->number = leader;
			task_put(old);
		}
	}
	list_for_each_entry(s, &all_sessions, node) {
		if (s->number == old) {
			task_get(leader);
			s->number = leader;
			task_put(old);
		}
	}
}

static void session_put(struct session *s)
{
	if (!atomic_dec_and_test(&s->refs))
		return;
	assert(!s->ctty && !s->foreground);
	list_del(&s->node);
	task_put(s->number);
	kfree(s);
}

void pgrp_put(struct process_group *pg)
{
	assert_spin_held(&tasklist_lock);
	if (!atomic_dec_and_test(&pg->refs))
		return;
	assert(list_empty(&pg->members));
	list_del(&pg->node);
	session_put(pg->session);
	task_put(pg->number);
	kfree(pg);
}

/*
 * A new group with the number of @p, without members.  The caller's reference becomes that of the
 * first member.
 */
static struct process_group *pgrp_create(struct process *p, struct session *s)
{
	struct process_group *pg = kmalloc(sizeof(*pg), GFP_ATOMIC);

	if (!pg)
		return NULL;
	pg->pgid = p->pid;
	pg->number = p->leader;
	task_get(pg->number);
	pg->session = s;
	atomic_set(&pg->refs, 1);
	INIT_LIST_HEAD(&pg->members);
	list_add_tail(&pg->node, &all_groups);
	atomic_inc(&s->refs);
	return pg;
}

static void pgrp_leave(struct process *p)
{
	list_del_init(&p->pgrp_node);
	pgrp_put(p->pgrp);
	p->pgrp = NULL;
}

/* Consumes the caller's reference on @pg. */
static void pgrp_join(struct process *p, struct process_group *pg)
{
	struct process_group *old = p->pgrp;

	if (old)
		list_del(&p->pgrp_node);
	p->pgrp = pg;
	p->session = pg->session;
	list_add_tail(&p->pgrp_node, &pg->members);
	if (old)
		pgrp_put(old);
}

int session_join_new(struct process *p)
{
	struct session *s = kzalloc(sizeof(*s), GFP_ATOMIC);
	struct process_group *pg;

	assert_spin_held(&tasklist_lock);
	if (!s)
		return -ENOMEM;
	pg = pgrp_create(p, s);
	if (!pg) {
		kfree(s);
		return -ENOMEM;
	}
	s->sid = p->pid;
	s->number = p->leader;
	task_get(s->number);
	s->leader = p;
	list_add_tail(&s->node, &all_sessions);
	pgrp_join(p, pg);
	return 0;
}

void session_inherit(struct process *child, struct process *parent)
{
	struct process_group *pg = parent->pgrp;

	assert_spin_held(&tasklist_lock);
	atomic_inc(&pg->refs);
	child->pgrp = NULL;
	pgrp_join(child, pg);
}

void session_leave(struct process *p)
{
	assert_spin_held(&tasklist_lock);
	if (p->session && p->session->leader == p)
		p->session->leader = NULL;
	p->session = NULL;
	if (p->pgrp)
		pgrp_leave(p);
}

static bool process_is_dead(const struct process *p)
{
	return p->state != PROCESS_ALIVE || !READ_ONCE(p->nr_live);
}

bool pgrp_is_orphaned(struct process_group *pg)
{
	struct process *p;

	assert_spin_held(&tasklist_lock);
	list_for_each_entry(p, &pg->members, pgrp_node) {
		if (process_is_dead(p) || !p->parent || p->parent == init_process)
			continue;
		if (p->parent->pgrp != pg && p->parent->session == pg->session)
			return false;
	}
	return true;
}

bool pgrp_has_stopped(struct process_group *pg)
{
	struct process *p;

	list_for_each_entry(p, &pg->members, pgrp_node) {
		if (READ_ONCE(p->sig_flags) & SIGNAL_STOPPED)
			return true;
	}
	return false;
}

SYSCALL_DEFINE0(setsid)
{
	struct process *p = current->process;
	unsigned long flags;
	int error = -EPERM;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (!pgrp_find(p->pid))
		error = session_join_new(p);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error ? error : p->pid;
}

/* The process that setpgid(@pid) may move, or an error pointer. */
static struct process *setpgid_target(pid_t pid)
{
	struct process *me = current->process, *p = pid ? process_find(pid) : me;

	if (!p || (p != me && p->parent != me))
		return ERR_PTR(-ESRCH);
	if (p->session != me->session)
		return ERR_PTR(-EPERM);
	if (p != me && p->did_exec)
		return ERR_PTR(-EACCES);
	if (p->session->leader == p)
		return ERR_PTR(-EPERM);
	return p;
}

static int setpgid_locked(pid_t pid, pid_t pgid)
{
	struct process *p = setpgid_target(pid);
	struct process_group *pg;

	if (IS_ERR(p))
		return PTR_ERR(p);
	if (!pgid)
		pgid = p->pid;
	if (p->pgrp->pgid == pgid)
		return 0;
	pg = pgrp_find(pgid);
	if (pg && pg->session != p->session)
		return -EPERM;
	if (pg) {
		atomic_inc(&pg->refs);
	} else {
		if (pgid != p->pid)
			return -EPERM;
		pg = pgrp_create(p, p->session);
		if (!pg)
			return -ENOMEM;
	}
	pgrp_join(p, pg);
	return 0;
}

SYSCALL_DEFINE2(setpgid, pid_t, pid, pid_t, pgid)
{
	unsigned long flags;
	int error;

	if (pgid < 0)
		return -EINVAL;
	spin_lock_irqsave(&tasklist_lock, flags);
	error = setpgid_locked(pid == current->tgid ? 0 : pid, pgid);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

static long session_query(pid_t pid, bool want_session)
{
	struct process *p;
	unsigned long flags;
	long ret = -ESRCH;

	spin_lock_irqsave(&tasklist_lock, flags);
	p = pid ? process_find(pid) : current->process;
	if (p && p->pgrp)
		ret = want_session ? p->session->sid : p->pgrp->pgid;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return ret;
}

pid_t current_pgid(void)
{
	return session_query(0, false);
}

SYSCALL_DEFINE1(getpgid, pid_t, pid)
{
	return session_query(pid, false);
}

SYSCALL_DEFINE0(getpgrp)
{
	return current_pgid();
}

SYSCALL_DEFINE1(getsid, pid_t, pid)
{
	return session_query(pid, true);
}
