/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's part of the controlling terminal of a session: an id chosen by the terminal's
 * server, an open file that keeps it alive, and the foreground group.  The server has the line
 * discipline; the kernel decides which process may read and which group Ctrl-C signals.
 *
 * tasklist_lock protects all fields.  References on files are dropped after its release.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/process.h>
#include <neurath/signal.h>
#include "internal.h"

static void ctty_set_foreground(struct session *s, struct process_group *pg)
{
	struct process_group *old = s->foreground;

	if (pg)
		atomic_inc(&pg->refs);
	s->foreground = pg;
	if (old)
		pgrp_put(old);
}

/* Detaches the terminal; the caller drops the returned file after it has released the lock. */
static struct file *ctty_detach(struct session *s)
{
	struct file *file = s->ctty;

	s->ctty = NULL;
	s->ctty_id = 0;
	/* The last step: the foreground group may be what keeps the session. */
	ctty_set_foreground(s, NULL);
	return file;
}

static int ctty_acquire_locked(struct file *file, u64 id, bool steal, struct file **stolen)
{
	struct session *s = current->process->session, *other = session_find_by_ctty(id);

	if (s->leader != current->process)
		return -EPERM;
	if (other == s)
		return 0;
	if (s->ctty_id)
		return -EPERM;
	if (other) {
		if (!steal || !is_superuser())
			return -EPERM;
		*stolen = ctty_detach(other);
	}
	file_get(file);
	s->ctty = file;
	s->ctty_id = id;
	ctty_set_foreground(s, current->process->pgrp);
	return 0;
}

int ctty_acquire(struct file *file, u64 id, bool steal)
{
	struct file *stolen = NULL;
	unsigned long flags;
	int error;

	assert(id);
	spin_lock_irqsave(&tasklist_lock, flags);
	error = ctty_acquire_locked(file, id, steal, &stolen);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (stolen)
		file_put(stolen);
	return error;
}

void ctty_open(struct file *file, u64 id)
{
	struct session *s = current->process->session;

	if (s && READ_ONCE(s->leader) == current->process && !READ_ONCE(s->ctty_id))
		ctty_acquire(file, id, false);
}

/* The foreground group gets SIGHUP, and SIGCONT so that it can handle it. */
static void ctty_signal_hangup(struct session *s)
{
	if (!s->foreground)
		return;
	send_signal_pgrp_locked(SIGHUP, NULL, s->foreground);
	send_signal_pgrp_locked(SIGCONT, NULL, s->foreground);
}

int ctty_release(u64 id)
{
	struct session *s = current->process->session;
	struct file *file = NULL;
	unsigned long flags;
	int error = 0;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (!s || s->ctty_id != id) {
		error = -ENOTTY;
	} else if (s->leader == current->process) {
		ctty_signal_hangup(s);
		file = ctty_detach(s);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (file)
		file_put(file);
	return error;
}

void session_process_exit(struct process *p)
{
	struct file *file = NULL;
	struct session *s;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	s = p->session;
	if (s && s->leader == p) {
		s->leader = NULL;
		if (s->ctty_id) {
			ctty_signal_hangup(s);
			file = ctty_detach(s);
		}
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (file)
		file_put(file);
}

/* current's session if its terminal is @id, or NULL. */
static struct session *ctty_my_session(u64 id)
{
	struct session *s = current->process->session;

	return s && id && s->ctty_id == id ? s : NULL;
}

int ctty_get_pgrp(u64 id, pid_t *pgid)
{
	struct session *s;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	s = ctty_my_session(id);
	if (s)
		*pgid = s->foreground ? s->foreground->pgid : 0;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return s ? 0 : -ENOTTY;
}

int ctty_get_sid(u64 id, pid_t *sid)
{
	struct session *s;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	s = ctty_my_session(id);
	if (s)
		*sid = s->sid;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return s ? 0 : -ENOTTY;
}

static int ctty_check_locked(u64 id, int sig)
{
	struct session *s = ctty_my_session(id);
	struct process_group *pg = current->process->pgrp;

	if (!s || !s->foreground || s->foreground == pg)
		return 0;
	if (signal_ignored_or_blocked(current, sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (pgrp_is_orphaned(pg))
		return -EIO;
	send_signal_pgrp_locked(sig, NULL, pg);
	return -ERESTARTSYS;
}

int ctty_check_access(u64 id, int sig)
{
	unsigned long flags;
	int error;

	spin_lock_irqsave(&tasklist_lock, flags);
	error = ctty_check_locked(id, sig);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

static int ctty_set_pgrp_locked(u64 id, pid_t pgid)
{
	struct session *s = ctty_my_session(id);
	struct process_group *pg;
	int error;

	if (!s)
		return -ENOTTY;
	error = ctty_check_locked(id, SIGTTOU);
	if (error)
		return error;
	if (pgid < 0)
		return -EINVAL;
	pg = pgrp_find(pgid);
	if (!pg)
		return -ESRCH;
	if (pg->session != s)
		return -EPERM;
	ctty_set_foreground(s, pg);
	return 0;
}

int ctty_set_pgrp(u64 id, pid_t pgid)
{
	unsigned long flags;
	int error;

	spin_lock_irqsave(&tasklist_lock, flags);
	error = ctty_set_pgrp_locked(id, pgid);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

int ctty_send_signal(u64 id, int sig)
{
	struct session *s;
	unsigned long flags;
	int error = -ESRCH;

	if (sig < 1 || sig > _NSIG)
		return -EINVAL;
	spin_lock_irqsave(&tasklist_lock, flags);
	s = session_find_by_ctty(id);
	if (s && s->foreground)
		error = send_signal_pgrp_locked(sig, NULL, s->foreground);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

struct file *ctty_get_file(u64 *id)
{
	struct session *s;
	struct file *file = NULL;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	s = current->process->session;
	if (s && s->ctty) {
		file = s->ctty;
		file_get(file);
		if (id)
			*id = s->ctty_id;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return file;
}
