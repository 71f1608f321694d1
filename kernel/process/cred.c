/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User and group ids of the process, which all its threads share.  Effective uid 0 may set any
 * id; other processes may only choose among the ids that they have. process->lock serialises
 * changes; readers of single fields take no lock.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include <neurath/user.h>
#include <neurath/vm.h>
#include "internal.h"

bool cred_same_ids(const struct credentials *mine, const struct credentials *its)
{
	return mine->uid == its->euid && mine->uid == its->suid && mine->uid == its->uid &&
	       mine->gid == its->egid && mine->gid == its->sgid && mine->gid == its->gid;
}

#define ID_KEEP		((uid_t)-1)

/* The three ids of one kind, for users and groups alike. */
struct id_set {
	uid_t real, effective, saved, fs;
};

static struct id_set cred_users(const struct credentials *c)
{
	return (struct id_set){ c->uid, c->euid, c->suid, c->fsuid };
}

static struct id_set cred_groups(const struct credentials *c)
{
	return (struct id_set){ c->gid, c->egid, c->sgid, c->fsgid };
}

static void cred_store(struct credentials *c, const struct id_set *ids, bool groups)
{
	if (groups) {
		c->gid = ids->real;
		c->egid = ids->effective;
		c->sgid = ids->saved;
		c->fsgid = ids->fs;
	} else {
		c->uid = ids->real;
		c->euid = ids->effective;
		c->suid = ids->saved;
		c->fsuid = ids->fs;
	}
}

static bool id_is_mine(const struct id_set *ids, uid_t id)
{
	return id == ids->real || id == ids->effective || id == ids->saved;
}

/* setuid: root sets all ids, other processes set the effective id to the real or saved one. */
static int id_change_simple(struct id_set *ids, uid_t id, uid_t unused1, uid_t unused2)
{
	if (id == ID_KEEP)
		return -EINVAL;
	if (is_superuser())
		ids->real = ids->saved = id;
	else if (id != ids->real && id != ids->saved)
		return -EPERM;
	ids->effective = id;
	return 0;
}

static int id_change_reuid(struct id_set *ids, uid_t real, uid_t effective, uid_t unused)
{
	struct id_set old = *ids;

	if (real != ID_KEEP) {
		if (!is_superuser() && real != old.real && real != old.effective)
			return -EPERM;
		ids->real = real;
	}
	if (effective != ID_KEEP) {
		if (!is_superuser() && !id_is_mine(&old, effective))
			return -EPERM;
		ids->effective = effective;
	}
	if (real != ID_KEEP || (effective != ID_KEEP && effective != old.real))
		ids->saved = ids->effective;
	return 0;
}

static int id_change_resuid(struct id_set *ids, uid_t real, uid_t effective, uid_t saved)
{
	const uid_t wanted[] = { real, effective, saved };

	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (wanted[i] != ID_KEEP && !is_superuser() && !id_is_mine(ids, wanted[i]))
			return -EPERM;
	}
	if (real != ID_KEEP)
		ids->real = real;
	if (effective != ID_KEEP)
		ids->effective = effective;
	if (saved != ID_KEEP)
		ids->saved = saved;
	return 0;
}

/*
 * The process still has memory and open files from its old ids, so tasks with the new ids must
 * not read its memory: it is no longer dumpable.
 */
static void cred_changes(struct process *p, bool groups, const struct id_set *new)
{
	struct id_set old = groups ? cred_groups(&p->cred) : cred_users(&p->cred);

	assert_spin_held(&p->lock);
	if (old.effective == new->effective && old.fs == new->fs)
		return;
	WRITE_ONCE(current->mm->dumpable, false);
	p->pdeath_signal = 0;
}

typedef int (*cred_rule)(struct id_set *ids, uid_t a, uid_t b, uid_t c);

/* The ids after the call.  Caller holds p->lock; without the lock the result is a guess. */
static int cred_decide(struct process *p, bool groups, cred_rule rule, const uid_t arg[3],
		       struct id_set *ids)
{
	int error;

	*ids = groups ? cred_groups(&p->cred) : cred_users(&p->cred);
	error = rule(ids, arg[0], arg[1], arg[2]);
	ids->fs = ids->effective;
	return error;
}

/*
 * Counts the threads of @p for @to from now on.  Returns the old user; the caller gets its
 * reference.  As on Linux the call succeeds above the limit, and a later execve() fails.
 */
static struct user *cred_move_tasks(struct process *p, struct user *to)
{
	struct user *from = p->user;

	assert_spin_held(&tasklist_lock);
	assert_spin_held(&p->lock);
	from->nr_tasks -= p->nr_tasks;
	to->nr_tasks += p->nr_tasks;
	p->user = to;
	p->too_many = to->uid && to->nr_tasks > p->rlim[RLIMIT_NPROC].cur;
	return from;
}

/*
 * *@user, with a reference, is the user of the new real id, or NULL for a change of groups.
 * -EAGAIN: @user does not match the id that results.
 */
static int cred_try_change(bool groups, cred_rule rule, const uid_t arg[3], struct user **user)
{
	struct process *p = current->process;
	struct id_set ids;
	unsigned long flags;
	int error;

	spin_lock_irqsave(&tasklist_lock, flags);
	spin_lock(&p->lock);
	error = cred_decide(p, groups, rule, arg, &ids);
	if (!error && *user && ids.real != (*user)->uid)
		error = -EAGAIN;
	if (!error) {
		cred_changes(p, groups, &ids);
		cred_store(&p->cred, &ids, groups);
		WRITE_ONCE(current->mm->privileged, is_superuser());
		if (*user && *user != p->user)
			*user = cred_move_tasks(p, *user);
	}
	spin_unlock(&p->lock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

static int cred_change(bool groups, cred_rule rule, uid_t a, uid_t b, uid_t c)
{
	const uid_t arg[3] = { a, b, c };
	struct id_set ids;
	int error;

	/* Other threads may change the ids meanwhile: then the user is the wrong one. */
	do {
		struct user *user = NULL;

		error = cred_decide(current->process, groups, rule, arg, &ids);
		if (error)
			return error;
		if (!groups && !(user = user_find_get(ids.real)))
			return -EAGAIN;
		error = cred_try_change(groups, rule, arg, &user);
		if (user)
			user_put(user);
	} while (error == -EAGAIN);
	return error;
}

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	return cred_change(false, id_change_simple, uid, 0, 0);
}

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	return cred_change(true, id_change_simple, gid, 0, 0);
}

SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid)
{
	return cred_change(false, id_change_reuid, ruid, euid, 0);
}

SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid)
{
	return cred_change(true, id_change_reuid, rgid, egid, 0);
}

SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	return cred_change(false, id_change_resuid, ruid, euid, suid);
}

SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	return cred_change(true, id_change_resuid, rgid, egid, sgid);
}

/* Returns the old id, whether it was changed or not. */
static long cred_set_fs(bool groups, uid_t id)
{
	struct process *p = current->process;
	struct id_set ids;
	unsigned long flags;
	uid_t old;

	spin_lock_irqsave(&p->lock, flags);
	ids = groups ? cred_groups(&p->cred) : cred_users(&p->cred);
	old = ids.fs;
	if (id != ID_KEEP && (is_superuser() || id_is_mine(&ids, id) || id == old)) {
		ids.fs = id;
		cred_changes(p, groups, &ids);
		cred_store(&p->cred, &ids, groups);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return old;
}

SYSCALL_DEFINE1(setfsuid, uid_t, uid)
{
	return cred_set_fs(false, uid);
}

SYSCALL_DEFINE1(setfsgid, gid_t, gid)
{
	return cred_set_fs(true, gid);
}

SYSCALL_DEFINE0(getuid)
{
	return current->process->cred.uid;
}

SYSCALL_DEFINE0(geteuid)
{
	return current->process->cred.euid;
}

SYSCALL_DEFINE0(getgid)
{
	return current->process->cred.gid;
}

SYSCALL_DEFINE0(getegid)
{
	return current->process->cred.egid;
}

static int cred_put_three(const struct id_set *ids, uid_t __user *r, uid_t __user *e,
			  uid_t __user *s)
{
	if (put_user(ids->real, r) || put_user(ids->effective, e) || put_user(ids->saved, s))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE3(getresuid, uid_t __user *, ruid, uid_t __user *, euid, uid_t __user *, suid)
{
	struct id_set ids = cred_users(&current->process->cred);

	return cred_put_three(&ids, ruid, euid, suid);
}

SYSCALL_DEFINE3(getresgid, gid_t __user *, rgid, gid_t __user *, egid, gid_t __user *, sgid)
{
	struct id_set ids = cred_groups(&current->process->cred);

	return cred_put_three(&ids, rgid, egid, sgid);
}

SYSCALL_DEFINE2(getgroups, int, size, gid_t __user *, list)
{
	const struct credentials *c = &current->process->cred;
	unsigned n = READ_ONCE(c->ngroups);

	if (size < 0)
		return -EINVAL;
	if (!size)
		return n;
	if ((unsigned)size < n)
		return -EINVAL;
	return copy_to_user(list, c->groups, n * sizeof(gid_t)) ? -EFAULT : (long)n;
}

SYSCALL_DEFINE2(setgroups, int, size, const gid_t __user *, list)
{
	struct process *p = current->process;
	gid_t groups[ARRAY_SIZE(p->cred.groups)];
	unsigned long flags;

	if (!is_superuser())
		return -EPERM;
	if ((unsigned)size > ARRAY_SIZE(groups))
		return -EINVAL;
	if (copy_from_user(groups, list, size * sizeof(gid_t)))
		return -EFAULT;
	spin_lock_irqsave(&p->lock, flags);
	memcpy(p->cred.groups, groups, size * sizeof(gid_t));
	p->cred.ngroups = size;
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}
