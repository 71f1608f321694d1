/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls for directories: the working directory, the root, and listing. cwd and root are
 * strings of the process, protected by process->lock.
 */
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include "fs_internal.h"

/* ---- working directory and root ---------------------------------------------------- */

/* Replaces *slot, a string of current's process, by @path; consumes @path. */
static void dir_replace(char **slot, char *path)
{
	struct process *p = current->process;
	unsigned long flags;
	char *old;

	spin_lock_irqsave(&p->lock, flags);
	old = *slot;
	*slot = path;
	spin_unlock_irqrestore(&p->lock, flags);
	kfree(old);
}

/* The directory that @upath leads to, with all links followed, if current may search it. */
static char *dir_resolve(const char __user *upath)
{
	struct path_request rq = { .op = PORT_STAT, .follow = true, .keep_path = true };
	int error = path_perform(&rq, path_from_user(AT_FDCWD, upath), NULL);

	if (error)
		return ERR_PTR(error);
	error = !S_ISDIR(rq.attr.mode) ? -ENOTDIR :
	      mode_permission(rq.attr.mode, rq.attr.uid, rq.attr.gid, MAY_EXEC);
	if (error) {
		kfree(rq.final_path);
		return ERR_PTR(error);
	}
	return rq.final_path;
}

SYSCALL_DEFINE1(chdir, const char __user *, upath)
{
	char *path = dir_resolve(upath);

	if (IS_ERR(path))
		return PTR_ERR(path);
	dir_replace(&current->process->cwd, path);
	return 0;
}

SYSCALL_DEFINE1(fchdir, int, fd)
{
	struct file *f = fd_get_any(fd);
	char *path = NULL;
	struct stat st;
	int error;

	if (!f)
		return -EBADF;
	error = !S_ISDIR(f->mode) || !f->path ? -ENOTDIR : file_stat(f, &st);
	/* A file that is open for reading need not be searchable. */
	if (!error)
		error = mode_permission(st.st_mode, st.st_uid, st.st_gid, MAY_EXEC);
	if (!error) {
		path = kstrdup(f->path, GFP_KERNEL);
		error = path ? 0 : -ENOMEM;
	}
	file_put(f);
	if (!error)
		dir_replace(&current->process->cwd, path);
	return error;
}

SYSCALL_DEFINE1(chroot, const char __user *, upath)
{
	char *path;

	if (!is_superuser())
		return -EPERM;
	path = dir_resolve(upath);
	if (IS_ERR(path))
		return PTR_ERR(path);
	if (!strcmp(path, "/"))
		path[0] = '\0';
	dir_replace(&current->process->root, path);
	return 0;
}

/*
 * Writes the cwd as current sees it, below its root, into @buf of PATH_MAX.  Returns the length
 * with NUL.  A cwd outside of the root is marked with Linux's prefix "(unreachable)"; libraries
 * check that the result starts with '/'.
 */
static size_t dir_cwd(char *buf)
{
	struct process *p = current->process;
	const char *cwd, *root;
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	cwd = p->cwd ? p->cwd : "/";
	root = p->root ? p->root : "";
	snprintf(buf, PATH_MAX, "%s%s", path_is_below(cwd, root) ? "" : "(unreachable)",
		 path_seen_from(cwd, root));
	spin_unlock_irqrestore(&p->lock, flags);
	return strlen(buf) + 1;
}

SYSCALL_DEFINE2(getcwd, char __user *, ubuf, size_t, size)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	size_t len;
	long ret;

	if (!buf)
		return -ENOMEM;
	len = dir_cwd(buf);
	ret = len > size ? -ERANGE : copy_to_user(ubuf, buf, len) ? -EFAULT : (long)len;
	kfree(buf);
	return ret;
}

/* ---- listing -------------------------------------------------------------------------- */

/* Collects entries in the format of the ABI; @old selects that of getdents(2). */
struct dir_collector {
	struct dir_sink sink;
	u8 *buf;
	size_t size, used;
	bool old, full;
};

static bool dir_collect(struct dir_sink *sink, const struct dir_entry *entry)
{
	struct dir_collector *c = container_of(sink, struct dir_collector, sink);
	/* Old entries: the type is the last byte, behind the NUL of the name. */
	size_t head = c->old ? 18 : __builtin_offsetof(struct dirent64_abi, d_name);
	size_t reclen = align_up(head + entry->len + 1 + c->old, 8UL);
	struct dirent64_abi *at = (void *)(c->buf + c->used);

	if (c->used + reclen > c->size) {
		c->full = true;
		return false;
	}
	/* Zeros behind the name; all other bytes are written below. */
	*(u64 *)((u8 *)at + reclen - 8) = 0;
	at->d_ino = entry->ino;
	at->d_off = entry->next;
	at->d_reclen = (u16)reclen;
	((u8 *)at)[c->old ? reclen - 1 : 18] = entry->type;
	memcpy((u8 *)at + head, entry->name, entry->len);
	c->used += reclen;
	return true;
}

/* Caller holds pos_lock. */
static long dir_list(struct file *f, struct dir_collector *c, void __user *ubuf)
{
	loff_t pos = f->pos;
	int error;

	assert_mutex_held(&f->pos_lock);
	error = f->ops->readdir(f, &c->sink, &pos);
	/* The offset has not changed, so an interrupted listing can be repeated completely. */
	if (!c->used || is_restart_code(error))
		return error ? error : c->full ? -EINVAL : 0;
	if (copy_to_user(ubuf, c->buf, c->used))
		return -EFAULT;
	f->pos = pos;
	return c->used;
}

static long dir_getdents(int fd, void __user *ubuf, size_t size, bool old)
{
	struct dir_collector c = { .sink.emit = dir_collect, .old = old,
				   .size = min_t(size_t, size, 4 * PAGE_SIZE) };
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = !f->ops->readdir || !S_ISDIR(f->mode) ? -ENOTDIR : 0;
	if (!ret) {
		c.buf = kmalloc(c.size ? c.size : 1, GFP_KERNEL);
		ret = c.buf ? file_lock_pos(f) : -ENOMEM;
	}
	if (!ret) {
		ret = dir_list(f, &c, ubuf);
		file_unlock_pos(f);
	}
	kfree(c.buf);
	file_put(f);
	return ret;
}

SYSCALL_DEFINE3(getdents64, int, fd, void __user *, buf, unsigned, size)
{
	return dir_getdents(fd, buf, size, false);
}

SYSCALL_DEFINE3(getdents, int, fd, void __user *, buf, unsigned, size)
{
	return dir_getdents(fd, buf, size, true);
}
