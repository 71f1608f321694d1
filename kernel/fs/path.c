/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths of processes: every path is made absolute and normalised as text (path_text.c), then the
 * longest mounted prefix selects a backend.
 *
 * The returned strings are kmalloc'ed and belong to the caller. cwd and root of the process are
 * copied under process->lock.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/task.h>
#include "fs_internal.h"

static char *path_build(const char *root, const char *base, const char *path)
{
	char *out = kmalloc(path_compose_size(root, base, path), GFP_KERNEL);

	if (!out)
		return ERR_PTR(-ENOMEM);
	if (path_compose(out, root, base, path) >= PATH_MAX) {
		kfree(out);
		return ERR_PTR(-ENAMETOOLONG);
	}
	return out;
}

/* A copy of current's root prefix ("" without chroot), or NULL. */
static char *path_current_root(void)
{
	struct process *p = current->process;
	unsigned long flags;
	char *root;

	spin_lock_irqsave(&p->lock, flags);
	root = kstrdup(p->root ? p->root : "", GFP_ATOMIC);
	spin_unlock_irqrestore(&p->lock, flags);
	return root;
}

static char *path_current_cwd(void)
{
	struct process *p = current->process;
	unsigned long flags;
	char *cwd;

	spin_lock_irqsave(&p->lock, flags);
	cwd = kstrdup(p->cwd ? p->cwd : "/", GFP_ATOMIC);
	spin_unlock_irqrestore(&p->lock, flags);
	return cwd;
}

static char *path_in_root(const char *base, const char *path)
{
	char *root = path_current_root(), *out;

	if (!root)
		return ERR_PTR(-ENOMEM);
	out = path_build(root, base, path);
	kfree(root);
	return out;
}

/* A copy of the directory to which a relative path refers. */
static char *path_base(int dfd)
{
	struct file *f;
	char *base;

	if (dfd == AT_FDCWD) {
		base = path_current_cwd();
		return base ? base : ERR_PTR(-ENOMEM);
	}
	f = fd_get_any(dfd);
	if (!f)
		return ERR_PTR(-EBADF);
	if (!S_ISDIR(f->mode) || !f->path)
		base = ERR_PTR(-ENOTDIR);
	else if (!(base = kstrdup(f->path, GFP_KERNEL)))
		base = ERR_PTR(-ENOMEM);
	file_put(f);
	return base;
}

char *path_from_kernel(int dfd, const char *text)
{
	char *base, *out;

	if (text[0] == '/')
		return path_in_root("", text);
	base = path_base(dfd);
	if (IS_ERR(base))
		return base;
	out = path_in_root(base, text);
	kfree(base);
	return out;
}

char *path_from_user(int dfd, const char __user *upath)
{
	char *text = kmalloc(PATH_MAX, GFP_KERNEL), *out;
	ssize_t len;

	if (!text)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(text, upath, PATH_MAX);
	out = len > 0 ? path_from_kernel(dfd, text) : ERR_PTR(len ? len : -ENOENT);
	kfree(text);
	return out;
}

char *path_as_seen(const char *path)
{
	char *root = path_current_root(), *seen;

	if (!root)
		return ERR_PTR(-ENOMEM);
	seen = kstrdup(path_seen_from(path, root), GFP_KERNEL);
	kfree(root);
	return seen ? seen : ERR_PTR(-ENOMEM);
}

bool path_is_empty(const char __user *upath)
{
	char c;

	return !upath || (!get_user(c, upath) && !c);
}

bool path_means_file(int dfd, const char __user *upath, unsigned flags)
{
	return flags & AT_EMPTY_PATH && dfd != AT_FDCWD && path_is_empty(upath);
}

char *path_from_user_at(int dfd, const char __user *upath, unsigned flags)
{
	if (flags & AT_EMPTY_PATH && dfd == AT_FDCWD && path_is_empty(upath))
		return path_from_kernel(AT_FDCWD, ".");
	return path_from_user(dfd, upath);
}

/* ---- path requests --------------------------------------------------------- */

int path_redirect(struct path_request *rq, const char *base, const char *target)
{
	char *path = path_in_root(base, target);

	if (IS_ERR(path))
		return PTR_ERR(path);
	rq->redirect = path;
	return -EREDIRECT;
}

/* A mount point keeps its name; the wrong file type is reported first. */
static int path_refuse_mount_point(struct mount *mnt, const struct path_request *rq)
{
	struct path_request stat = { .op = PORT_STAT, .rest = "" };
	bool is_dir;
	int error;

	if (rq->op != PORT_UNLINK)
		return -EBUSY;
	error = mnt->ops->perform(mnt, &stat);
	kfree(stat.redirect);
	if (error)
		return -EBUSY;
	is_dir = S_ISDIR(stat.attr.mode);
	return is_dir == !!rq->arg0 ? -EBUSY : is_dir ? -EISDIR : -ENOTDIR;
}

static int path_perform_once(struct path_request *rq)
{
	struct mount *mnt = mount_find(rq->path, &rq->rest), *mnt2 = NULL;
	int error;

	if (!mnt)
		return -ENOENT;
	if (rq->path2)
		mnt2 = mount_find(rq->path2, &rq->rest2);
	if (rq->path2 && mnt2 != mnt)
		error = -EXDEV;
	else if ((rq->op == PORT_UNLINK || rq->op == PORT_RENAME) &&
		 (!*rq->rest || (rq->rest2 && !*rq->rest2)))
		error = path_refuse_mount_point(mnt, rq);
	else
		error = mnt->ops->perform(mnt, rq);
	if (mnt2)
		mount_put(mnt2);
	mount_put(mnt);
	return error;
}

/* The endings of a text and of the links at its end: the strictest one counts. */
static int path_take_endings(struct path_request *rq)
{
	rq->ending = max(rq->ending, path_take_ending(rq->path));
	if (rq->path2)
		rq->ending2 = max(rq->ending2, path_take_ending(rq->path2));
	if (likely(rq->ending == PATH_ENDS_NAME && rq->ending2 == PATH_ENDS_NAME))
		return 0;
	return path_apply_endings(rq);
}

/* For servers that do not implement PORT_REQ_DIRECTORY. */
static int path_check_directory(const struct path_request *rq)
{
	return rq->want_directory && rq->op == PORT_STAT && !S_ISDIR(rq->attr.mode) ? -ENOTDIR : 0;
}

int path_perform(struct path_request *rq, char *path, char *path2)
{
	int error = IS_ERR(path) ? PTR_ERR(path) : IS_ERR(path2) ? PTR_ERR(path2) : 0;

	rq->path = IS_ERR(path) ? NULL : path;
	rq->path2 = IS_ERR(path2) ? NULL : path2;
	for (unsigned round = 0; !error; round++) {
		char **replaced;

		rq->redirect_which = 0;
		error = path_take_endings(rq);
		if (!error)
			error = path_perform_once(rq);
		if (error != -EREDIRECT)
			break;
		replaced = rq->redirect_which ? &rq->path2 : &rq->path;
		kfree(*replaced);
		*replaced = rq->redirect;
		rq->redirect = NULL;
		error = round < PORT_REDIRECT_MAX ? 0 : -ELOOP;
	}
	if (!error)
		error = path_check_directory(rq);
	kfree(rq->path2);
	if (rq->keep_path && !error)
		rq->final_path = rq->path;
	else
		kfree(rq->path);
	rq->path = NULL;
	rq->path2 = NULL;
	return error;
}

struct ids { uid_t uid; gid_t gid; };

/* Checks for @who (and current's supplementary groups). */
static int mode_permission_as(struct ids who, umode_t mode, struct ids owner, unsigned mask)
{
	const struct credentials *c = &current->process->cred;
	unsigned shift = 0;

	if (who.uid == 0) {
		/* The superuser may do everything except execute a file without an execute bit. */
		bool exec_ok = S_ISDIR(mode) || (mode & 0111);

		return (mask & MAY_EXEC) && !exec_ok ? -EACCES : 0;
	}
	if (who.uid == owner.uid) {
		shift = 6;
	} else if (who.gid == owner.gid) {
		shift = 3;
	} else {
		for (unsigned i = 0; i < c->ngroups; i++) {
			if (c->groups[i] == owner.gid)
				shift = 3;
		}
	}
	return (mask & ~(mode >> shift) & 7) ? -EACCES : 0;
}

int mode_permission(umode_t mode, uid_t uid, gid_t gid, unsigned mask)
{
	const struct credentials *c = &current->process->cred;

	return mode_permission_as((struct ids){ c->fsuid, c->fsgid }, mode,
				  (struct ids){ uid, gid }, mask);
}

int mode_permission_real(umode_t mode, uid_t uid, gid_t gid, unsigned mask)
{
	const struct credentials *c = &current->process->cred;

	return mode_permission_as((struct ids){ c->uid, c->gid }, mode,
				  (struct ids){ uid, gid }, mask);
}

/* ---- opens by the kernel ------------------------------------------------------- */

int file_open_exec(const char *path, struct file **out, bool *readable)
{
	struct path_request rq = { .op = PORT_OPEN, .arg0 = O_RDONLY | PORT_OPEN_EXEC,
				   .follow = true, .unless_regular = -EACCES };
	int error = path_perform(&rq, path_from_kernel(AT_FDCWD, path), NULL);
	struct file *f = rq.file;
	struct stat st;

	if (error)
		return error;
	error = file_stat(f, &st);
	if (!error && !S_ISREG(st.st_mode))
		error = -EACCES;
	if (!error)
		error = mode_permission(st.st_mode, st.st_uid, st.st_gid, MAY_EXEC);
	if (error) {
		file_put(f);
		return error;
	}
	*readable = !mode_permission(st.st_mode, st.st_uid, st.st_gid, MAY_READ);
	*out = f;
	return 0;
}
